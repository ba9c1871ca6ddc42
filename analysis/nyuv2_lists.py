#!/usr/bin/python3
"""What `dgba data import nyuv2-mat` needs beside the labelled file, from the MATLAB files that are published with it.

    nyuv2_lists.py --splits splits.mat --map40 classMapping40.mat [--map13 class13Mapping.mat] -o FOLDER

writes FOLDER/train.txt and test.txt (numbers of images), classes.csv (a row per label: name,class40[,class13]) and
classes40.txt, classes13.txt (names of the classes). configs/nyuv2/README.md says where the files come from.
"""
import argparse
import os

import scipy.io


def texts(cells):
    return [str(cell[0]) if len(cell) else "" for cell in cells.ravel()]


def write_lines(folder, name, lines):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def write_splits(folder, path):
    splits = scipy.io.loadmat(path)
    for name in ("train", "test"):
        numbers = sorted(int(n) for n in splits[name + "Ndxs"].ravel())
        write_lines(folder, name + ".txt", [f"{n:04d}" for n in numbers])
        print(f"{name}.txt: {len(numbers)} images")


def read_map40(path):
    """Names of the labels, the class of each from 1 (0 = none), names of the classes."""
    file = scipy.io.loadmat(path)
    return texts(file["allClassName"]), [int(c) for c in file["mapClass"].ravel()], texts(file["className"])


def read_map13(path):
    """The class of 13 of each of the 40, and their names: the two fields of the one structure in the file."""
    fields = scipy.io.loadmat(path)["classMapping13"][0, 0]
    return [int(c) for c in fields[0].ravel()], texts(fields[1])


def write_classes(folder, map40, map13):
    labels, class40, names40 = read_map40(map40)
    columns = [class40]
    write_lines(folder, "classes40.txt", [f"{i + 1} {name}" for i, name in enumerate(names40)])
    if map13:
        to13, names13 = read_map13(map13)
        columns.append([to13[c - 1] if c > 0 else 0 for c in class40])
        write_lines(folder, "classes13.txt", [f"{i + 1} {name}" for i, name in enumerate(names13)])
    header = ",".join(["name", "class40", "class13"][:1 + len(columns)])
    rows = [",".join([name, *map(str, classes)]) for name, *classes in zip(labels, *columns)]
    write_lines(folder, "classes.csv", [header, *rows])
    print(f"classes.csv: {len(rows)} labels")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", required=True)
    parser.add_argument("--map40", required=True)
    parser.add_argument("--map13")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    write_splits(options.output, options.splits)
    write_classes(options.output, options.map40, options.map13)


if __name__ == "__main__":
    main()
