"""The pure core: values in, values out. No waiting, no files, no network, no clock."""
