"""Form and content become a PDF, and the PDF is read back."""
