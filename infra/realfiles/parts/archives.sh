# shellcheck shell=bash disable=SC2154 # sourced by make.sh

archives() {
  cd "$work/in" || return
  a_folder
  zips
  tars
  gzips
  refused_archives
  ! have python || timeout 120 "$python" "$here/python/archives.py" "$dir" "$work/tree" >>"$work/log" 2>&1 || printf 'python/archives.py\n' >>"$work/failed"
  packages
}

# a_folder is what is packed: odd names, nothing, much of the same, a deep path.
a_folder() {
  local t=$work/tree/folder deep
  deep=$t/$(printf 'a-long-folder-name/%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13)
  mkdir -p "$t/src" "$t/empty" "$deep"
  cp "$work/in"/*.png "$work/in"/text.txt "$t/" 2>/dev/null || true
  printf 'x' >"$deep/file-at-the-end-of-a-long-path-that-does-not-fit-into-a-hundred-bytes.txt"
  printf 'ü' >"$t/Grüße aus 日本 (1).txt"
  printf '[Unit]\n' >"$t/dev-disk-by\\x2dlabel.swap"
  : >"$t/nothing"
  printf '#!/bin/sh\necho hello\n' >"$t/src/run.sh"
  printf '<html><script>1</script></html>' >"$t/src/page.html"
  head -c 2000000 /dev/zero >"$t/zeros.bin"
  chmod 755 "$t/src/run.sh"
}

# in_tree runs a command where the folder is.
in_tree() { (cd "$work/tree" && "$@"); }

zips() {
  local z=application/zip n
  if have zip; then
    for n in 0 1 9; do make $z/zip-$n.zip in_tree zip -q -r -$n "$dir/$z/zip-$n.zip" folder; done
    make $z/zip-no-extras.zip in_tree zip -q -r -X -D "$dir/$z/zip-no-extras.zip" folder
    make $z/zip-forced-zip64.zip in_tree zip -q -r -fz "$dir/$z/zip-forced-zip64.zip" folder
    make $z/zip-names-only.zip in_tree zip -q -j "$dir/$z/zip-names-only.zip" folder/text.txt folder/src/run.sh
    make $z/zip-commented.zip commented_zip "$dir/$z/zip-commented.zip"
    make $z/zip-streamed.zip in_tree sh -c "zip -q -r - folder | cat >'$dir/$z/zip-streamed.zip'"
    make $z/zip-of-stdin.zip in_tree sh -c "cat folder/text.txt | zip -q - - | cat >'$dir/$z/zip-of-stdin.zip'"
    make $z/zip-updated.zip in_tree sh -c "zip -q '$dir/$z/zip-updated.zip' folder/text.txt && zip -q -d '$dir/$z/zip-updated.zip' folder/text.txt folder/none; zip -q '$dir/$z/zip-updated.zip' folder/src/*"
    make unsure/zip-bzip2.zip in_tree zip -q -r -Z bzip2 "$dir/unsure/zip-bzip2.zip" folder
    make refused/encrypted/zip-password.zip in_tree zip -q -r -P secret "$dir/refused/encrypted/zip-password.zip" folder
  fi
  if have 7zz; then
    for n in 0 1 5 9; do make $z/7z-$n.zip in_tree 7zz a -bd -tzip -mx=$n "$dir/$z/7z-$n.zip" folder; done
    for n in Deflate64 BZip2 LZMA PPMd; do make unsure/7z-$n.zip in_tree 7zz a -bd -tzip -mm=$n "$dir/unsure/7z-$n.zip" folder; done
    make $z/7z-utf8-names.zip in_tree 7zz a -bd -tzip -mcu=on "$dir/$z/7z-utf8-names.zip" folder
    make refused/encrypted/7z-aes.zip in_tree 7zz a -bd -tzip -psecret -mem=AES256 "$dir/refused/encrypted/7z-aes.zip" folder
  fi
  if have bsdtar; then
    make $z/bsdtar.zip in_tree bsdtar -c --format zip -f "$dir/$z/bsdtar.zip" folder
    make $z/bsdtar-stored.zip in_tree bsdtar -c --format zip --options zip:compression=store -f "$dir/$z/bsdtar-stored.zip" folder
    make $z/bsdtar-zip64.zip in_tree bsdtar -c --format zip --options zip:zip64 -f "$dir/$z/bsdtar-zip64.zip" folder
    make $z/bsdtar-streamed.zip in_tree sh -c "bsdtar -c --format zip -f - folder | cat >'$dir/$z/bsdtar-streamed.zip'"
  fi
  ! have jar || make unsure/jar-without-manifest.zip in_tree jar cfM "$dir/unsure/jar-without-manifest.zip" folder
}

commented_zip() { (cd "$work/tree" && printf 'a comment\nof two lines\n' | zip -q -z -r "$1" folder); }

tars() {
  local t=application/x-tar f
  for f in v7 oldgnu gnu ustar posix; do
    make $t/gnu-$f.tar in_tree tar --format=$f -cf "$dir/$t/gnu-$f.tar" folder/src folder/text.txt folder/nothing folder/empty
  done
  make $t/gnu.tar in_tree tar -cf "$dir/$t/gnu.tar" folder
  make $t/gnu-long-names-posix.tar in_tree tar --format=posix -cf "$dir/$t/gnu-long-names-posix.tar" ./folder
  make $t/gnu-sparse.tar in_tree sh -c "truncate -s 30M hole && printf end >>hole && tar -S -cf '$dir/$t/gnu-sparse.tar' hole && tar --format=posix -S -cf '$dir/$t/gnu-sparse-posix.tar' hole && tar --format=posix --sparse-version=0.1 -S -cf '$dir/$t/gnu-sparse-0.1.tar' hole; rm -f hole"
  make $t/gnu-incremental.tar in_tree tar -g "$work/snapshot" -cf "$dir/$t/gnu-incremental.tar" folder
  make $t/gnu-labelled.tar in_tree tar -V 'backup 2023' -cf "$dir/$t/gnu-labelled.tar" folder/src
  make $t/gnu-small-records.tar in_tree tar -b 1 -cf "$dir/$t/gnu-small-records.tar" folder/src
  make $t/gnu-large-records.tar in_tree tar -b 2048 -cf "$dir/$t/gnu-large-records.tar" folder/src
  make $t/gnu-appended.tar in_tree sh -c "tar -cf '$dir/$t/gnu-appended.tar' folder/src && tar -rf '$dir/$t/gnu-appended.tar' folder/text.txt folder/src/run.sh"
  make $t/gnu-joined.tar in_tree sh -c "tar -cf '$work/b.tar' folder/text.txt && tar -cf '$dir/$t/gnu-joined.tar' folder/src && tar -Af '$dir/$t/gnu-joined.tar' '$work/b.tar'"
  make $t/gnu-global-header.tar in_tree tar --format=posix --pax-option=globexthdr.name=global,comment=hello -cf "$dir/$t/gnu-global-header.tar" folder/src
  make $t/gnu-xattrs-and-owner.tar in_tree tar --format=posix --xattrs --acls --owner=someone:123456789 --group=g:99 -cf "$dir/$t/gnu-xattrs-and-owner.tar" folder/src
  if have bsdtar; then
    for f in ustar pax gnutar v7; do make $t/bsdtar-$f.tar in_tree bsdtar -c --format $f -f "$dir/$t/bsdtar-$f.tar" folder/src folder/text.txt folder/nothing; done
    make $t/bsdtar.tar in_tree bsdtar -cf "$dir/$t/bsdtar.tar" folder
  fi
  ! have 7zz || make $t/7z.tar in_tree 7zz a -bd -ttar "$dir/$t/7z.tar" folder
  ! have 7zz || make $t/7z-posix.tar in_tree 7zz a -bd -ttar -mm=pax "$dir/$t/7z-posix.tar" folder
}

gzips() {
  local g=application/gzip n text=$work/tree/folder/text.txt tar=$dir/application/x-tar/gnu.tar
  for n in 1 6 9; do into $g/gzip-$n.gz gzip -$n -c "$text"; done
  into $g/gzip-no-name.gz gzip -n -c "$text"
  into $g/gzip-of-stdin.gz sh -c "cat '$text' | gzip"
  into $g/gzip-of-zeros.gz gzip -c "$work/tree/folder/zeros.bin"
  into $g/gzip-odd-name.gz gzip -c "$work/tree/folder/Grüße aus 日本 (1).txt"
  into $g/gzip-of-tar.tar.gz gzip -c "$tar"
  make $g/gnu-tar.tgz in_tree tar -czf "$dir/$g/gnu-tar.tgz" folder
  make $g/gnu-tar-sparse.tgz in_tree sh -c "truncate -s 9M hole2 && tar -Sczf '$dir/$g/gnu-tar-sparse.tgz' hole2; rm -f hole2"
  if have pigz; then
    into $g/pigz.gz pigz -c "$text"
    into $g/pigz-of-tar.tar.gz pigz -p 2 -b 128 -c "$tar"
    into $g/pigz-independent.gz pigz -i -c "$tar"
  fi
  ! have zopfli || into $g/zopfli.gz zopfli --i1 -c "$text"
  ! have 7zz || run $g/7z.gz 7zz a -bd -tgzip @ "$text"
  ! have bsdtar || make $g/bsdtar.tgz in_tree bsdtar -czf "$dir/$g/bsdtar.tgz" folder
  join $g/two-behind-each-other.gz "$dir/$g/gzip-9.gz" "$dir/$g/gzip-no-name.gz"
  head -c 5000 /dev/zero >z5000
  join $g/padded-with-zeros.gz "$dir/$g/gzip-9.gz" z5000
}

in_bad() { (cd "$work/bad" && "$@"); }

refused_archives() {
  local u=refused/unsafe_archive o
  mkdir -p "$work/bad"
  (cd "$work/bad" && printf x >file && ln -sf /etc/passwd link && ln -f file hard && { [ -p pipe ] || mkfifo pipe; })
  for o in gnu ustar posix; do
    make $u/gnu-$o-symlink.tar in_bad tar --format=$o -cf "$dir/$u/gnu-$o-symlink.tar" link
    make $u/gnu-$o-hard-link.tar in_bad tar --format=$o -cf "$dir/$u/gnu-$o-hard-link.tar" file hard
    make $u/gnu-$o-pipe.tar in_bad tar --format=$o -cf "$dir/$u/gnu-$o-pipe.tar" pipe
    make $u/gnu-$o-absolute.tar in_bad tar -P --format=$o -cf "$dir/$u/gnu-$o-absolute.tar" "$work/bad/file"
    make $u/gnu-$o-above.tgz in_bad tar -P --format=$o -czf "$dir/$u/gnu-$o-above.tgz" ../bad/file
  done
  ! have zip || make $u/zip-symlink.zip in_bad zip -q -y "$dir/$u/zip-symlink.zip" link
  ! have bsdtar || make $u/bsdtar-symlink.zip in_bad bsdtar -c --format zip -f "$dir/$u/bsdtar-symlink.zip" link
  mkdir -p "$dir/refused/bomb" "$dir/refused/trailing_data"
  head -c 60000000 /dev/zero | gzip -9 >"$dir/refused/bomb/zeros.gz"
  ! have zip || head -c 60000000 /dev/zero | zip -q -9 - - >"$dir/refused/bomb/zeros.zip"
  [ ! -f "$dir/application/zip/zip-1.zip" ] || join refused/trailing_data/zip-behind.gz "$dir/application/gzip/gzip-9.gz" "$dir/application/zip/zip-1.zip"
}

# packages are archives as developers' tools pack them.
packages() {
  local g=application/gzip p=$work/package
  mkdir -p "$p"
  cp -r "$work/tree/folder/src" "$p/"
  printf '{"name":"a-package","version":"1.0.0"}' >"$p/package.json"
  if have npm; then
    make $g/npm-pack.tgz npm_pack "$p" "$dir/$g"
  fi
  if have git; then
    (cd "$p" && git init -q . && git add . && git -c user.name=me -c user.email=me@example.org commit -qm first) >>"$work/log" 2>&1 || return 0
    run $g/git-archive.tar.gz git -C "$p" archive --format=tar.gz --prefix=p-1/ -o @ HEAD
    run application/x-tar/git-archive.tar git -C "$p" archive --format=tar --prefix=p-1/ -o @ HEAD
    run application/zip/git-archive.zip git -C "$p" archive --format=zip --prefix=p-1/ -o @ HEAD
  fi
}

npm_pack() { (cd "$1" && timeout 60 npm pack --offline --silent --pack-destination "$2" && mv "$2/a-package-1.0.0.tgz" "$2/npm-pack.tgz"); }

# mixtures need what all parts made.
mixtures() {
  local z png=$dir/image/png/ffmpeg.png
  z=$dir/application/zip/zip-1.zip
  cd "$work/in" || return
  [ -f photo.jpg ] && [ -f "$z" ] || return 0
  join refused/trailing_data/zip-behind.jpg photo.jpg "$z"
  join refused/trailing_data/zip-behind.png photo.png "$z"
  join refused/trailing_data/zip-behind.gif "$dir/image/gif/im.gif" "$z"
  printf '<script>alert(1)</script>' >page
  join refused/trailing_data/page-behind.jpg photo.jpg page
  [ ! -f "$png" ] || join refused/type_mismatch/png.jpg "$png"
  join refused/type_mismatch/jpeg.png photo.jpg
  join refused/type_mismatch/zip.docx "$z"
  join refused/type_mismatch/zip.pdf "$z"
}
