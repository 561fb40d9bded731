"""Build the graph of the content beside this file: python build_graph.py [--content FOLDER] [--out FOLDER]."""

import sys

from orgline.cli.app import main

if __name__ == "__main__":
    sys.exit(main(["build", *sys.argv[1:]]))
