"""The course menu (菜单): the topics that schools may order."""
