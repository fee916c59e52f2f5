"""The register of lecturers: what they teach, when they lecture, how they are rated."""
