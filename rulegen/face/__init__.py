"""What `import rulegen` gives and the command line stands on: styles, pieces, and what is said of them."""
