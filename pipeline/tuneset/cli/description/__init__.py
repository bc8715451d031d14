"""The command line described for machines: commands, params, codes and the documents that commands print."""
