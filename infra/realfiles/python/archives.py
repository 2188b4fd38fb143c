"""Archives by Python's standard library: archives.py DIR TREE"""
import gzip
import io
import os
import sys
import tarfile
import zipfile

root, tree = sys.argv[1:]


def place(name):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


files = []
for folder, _, names in os.walk(tree):
    for name in names:
        path = os.path.join(folder, name)
        files.append((path, os.path.relpath(path, tree)))


class Stream(io.RawIOBase):
    """A file that can't seek, such as a socket."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def write(self, b):
        return self.file.write(b)


def zipped(name, to=None, mode=zipfile.ZIP_DEFLATED, **options):
    with zipfile.ZipFile(to or place(name), "w", mode, **options) as z:
        for path, arc in files:
            z.write(path, arc)


zipped("application/zip/python.zip")
zipped("application/zip/python-stored.zip", mode=zipfile.ZIP_STORED)
zipped("application/zip/python-streamed.zip", to=Stream(place("application/zip/python-streamed.zip")))
zipped("unsure/python-bzip2.zip", mode=zipfile.ZIP_BZIP2)
zipped("unsure/python-lzma.zip", mode=zipfile.ZIP_LZMA)
with zipfile.ZipFile(place("application/zip/python-zip64.zip"), "w") as z:
    with z.open("a.txt", "w", force_zip64=True) as f:
        f.write(b"zip64 " * 100)
with zipfile.ZipFile(place("application/zip/python-empty.zip"), "w"):
    pass
with zipfile.ZipFile(place("application/zip/python-commented.zip"), "w") as z:
    z.comment = b"a comment"
    z.writestr("a.txt", "x")
    z.writestr("folder/", "")
with zipfile.ZipFile(place("application/zip/python-mac.zip"), "w") as z:
    z.writestr("a.txt", "x")
    z.writestr("__MACOSX/._a.txt", b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ")
with zipfile.ZipFile(place("application/zip/python-zip-in-zip.zip"), "w") as z:
    z.write(place("application/zip/python.zip"), "in.zip")

for name, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
    with tarfile.open(place(f"application/x-tar/python-{name}.tar"), "w", format=form) as t:
        for path, arc in files:
            if form != tarfile.USTAR_FORMAT or len(arc) < 90 and arc.isascii():
                t.add(path, arc)
with tarfile.open(place("application/x-tar/python-pax-headers.tar"), "w", pax_headers={"comment": "made by me"}) as t:
    info = tarfile.TarInfo("a.txt")
    info.pax_headers = {"mtime": "1680674828.5", "SCHILY.xattr.user.x": "y"}
    t.addfile(info)
with tarfile.open(place("application/gzip/python.tgz"), "w:gz") as t:
    t.add(tree, ".")
with tarfile.open(fileobj=Stream(place("application/gzip/python-streamed.tgz")), mode="w|gz") as t:
    t.add(tree, "tree")
with gzip.open(place("application/gzip/python.gz"), "wt") as f:
    f.write("text\n" * 500)
with open(place("application/gzip/python-compress.gz"), "wb") as f:
    f.write(gzip.compress(b"text", mtime=0))
with open(place("application/gzip/python-empty.gz"), "wb") as f:
    f.write(gzip.compress(b""))
