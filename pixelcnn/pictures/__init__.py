"""Pictures that people bring: any format, photograph or table, as the ink that they drew."""
