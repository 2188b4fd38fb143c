# shellcheck shell=bash disable=SC2154 # sourced by make.sh

word=application/vnd.openxmlformats-officedocument.wordprocessingml.document
sheet=application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
slides=application/vnd.openxmlformats-officedocument.presentationml.presentation
open=application/vnd.oasis.opendocument

documents() {
  cd "$work/in" || return
  if have python; then
    timeout 120 "$python" "$here/python/office.py" "$dir" "$work/in" >>"$work/log" 2>&1 || printf 'python/office.py\n' >>"$work/failed"
    timeout 120 "$python" "$here/python/pdf.py" "$dir" "$work/in" >>"$work/log" 2>&1 || printf 'python/pdf.py\n' >>"$work/failed"
  fi
  ! have soffice || libreoffice
  pdfs
}

# office FILTER FOLDER SUFFIX FILE... converts all files in one start of LibreOffice.
office() {
  local filter=$1 ext=${1%%:*} folder=$2 suffix=$3 out=$work/lo f name
  shift 3
  rm -rf "$out"
  mkdir -p "$out" "$dir/$folder"
  timeout 100 soffice -env:UserInstallation="file://$work/profile" --headless --norestore --convert-to "$filter" --outdir "$out" "$@" </dev/null >>"$work/log" 2>&1 || true
  for f in "$@"; do
    name=$(basename "${f%.*}")
    if [ -s "$out/$name.$ext" ]; then mv "$out/$name.$ext" "$dir/$folder/$suffix-$name.$ext"; else printf '%s: soffice %s %s\n' "$folder" "$filter" "$f" >>"$work/failed"; fi
  done
}

# family saves documents of each format as each other: of Microsoft's new and old, and the open one.
# What begins with lo was made by LibreOffice before.
family() {
  local new=("$dir/$1"/*."$2") own=("$dir/$5"/*."$6")
  office "$6" "$5" lo "${new[@]}"
  office "$4" "$3" lo "${new[@]}"
  [ ! -f "${own[0]}" ] || office "$2" "$1" lo-of-open "${own[@]}"
  office "$2" "$1" lo-of-open "$dir/$5"/lo-*."$6"
  office "$4" "$3" lo-of-open "$dir/$5"/*."$6"
  office "$6" "$5" lo-of-old "$dir/$3"/lo-*."$4"
  office "$2" "$1" lo-of-old "$dir/$3"/lo-[!o]*."$4"
}

# libreoffice saves what the Python libraries made in each of its formats, and what it saved itself
# in the others.
libreoffice() {
  local words sheets decks pdf=application/pdf
  words=("$dir/$word"/*.docx) sheets=("$dir/$sheet"/*.xlsx) decks=("$dir/$slides"/*.pptx)
  [ -f "${words[0]}" ] || { seq 9 >plain.txt; office odt "$open.text" lo plain.txt; words=("$dir/$open.text"/*.odt); }
  family "$word" docx application/msword doc "$open.text" odt
  office pdf $pdf lo-writer "${words[@]}"
  if [ -f "${sheets[0]}" ]; then
    family "$sheet" xlsx application/vnd.ms-excel xls "$open.spreadsheet" ods
    office csv text/csv lo "${sheets[0]}"
    office pdf $pdf lo-calc "${sheets[0]}"
  fi
  if [ -f "${decks[0]}" ]; then
    family "$slides" pptx application/vnd.ms-powerpoint ppt "$open.presentation" odp
    office pdf $pdf lo-impress "${decks[0]}"
  fi
  # PDF/A of three kinds, tagged, with the document embedded, with what to do when opened.
  local options
  for options in SelectPdfVersion:1 SelectPdfVersion:2 SelectPdfVersion:3 SelectPdfVersion:16; do
    office "pdf:writer_pdf_Export:{\"SelectPdfVersion\":{\"type\":\"long\",\"value\":\"${options#*:}\"}}" $pdf "lo-version-${options#*:}" "${words[0]}"
  done
  office 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"},"IsAddStream":{"type":"boolean","value":"true"},"ExportBookmarks":{"type":"boolean","value":"true"},"InitialView":{"type":"long","value":"1"},"OpenInFullScreenMode":{"type":"boolean","value":"true"},"Magnification":{"type":"long","value":"2"}}' $pdf lo-hybrid "${words[0]}"
  office 'pdf:writer_pdf_Export:{"EncryptFile":{"type":"boolean","value":"true"},"DocumentOpenPassword":{"type":"string","value":"secret"}}' refused/encrypted lo "${words[0]}"
}

pdfs() {
  local p=application/pdf v s from=$work/page.pdf rich f
  rich=$dir/$p/reportlab.pdf
  [ -f "$rich" ] || rich=$from
  if have gs; then
    for v in 1.2 1.3 1.4 1.5 1.6 1.7; do run $p/ghostscript-$v.pdf gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dCompatibilityLevel=$v -sOutputFile=@ "$rich"; done
    for s in screen ebook printer prepress; do run $p/ghostscript-$s.pdf gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dPDFSETTINGS=/$s -sOutputFile=@ "$rich"; done
    run $p/ghostscript-scan.pdf gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfimage24 -r50 -sOutputFile=@ "$rich"
    run $p/ghostscript-uncompressed.pdf gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dCompressPages=false -sOutputFile=@ "$rich"
    run $p/ghostscript-fast-web-view.pdf gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dFastWebView=true -sOutputFile=@ "$rich"
    run refused/encrypted/ghostscript.pdf gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sUserPassword=secret -sOwnerPassword=owner -dEncryptionR=3 -dKeyLength=128 -sOutputFile=@ "$rich"
  fi
  if have pdftocairo; then
    run $p/cairo.pdf pdftocairo -pdf "$rich" @
    run $p/poppler-united.pdf pdfunite "$rich" "$from" @
  fi
  ! have rsvg-convert || { dot_svg >page.svg; run $p/rsvg.pdf rsvg-convert -f pdf -o @ page.svg; }
  ! have dot || run $p/graphviz.pdf dot -Tpdf -o @ "$here/parts/graph.dot"
  ! have img2pdf || run $p/img2pdf.pdf img2pdf -o @ photo.jpg
  ! have img2pdf || run $p/img2pdf-png.pdf img2pdf -o @ photo.png --pagesize A4
  ! have exiftool || run $p/exiftool-updated.pdf exiftool -q -o @ -Title='A new title' -Author=me "$rich"
  printf '\n\n   \n' >blank
  printf '\0\0\0\0' >nul
  join $p/newlines-behind.pdf "$from" blank
  join $p/zeros-behind.pdf "$from" nul
  qpdfs
}

qpdfs() {
  local p=application/pdf f name
  have qpdf || return 0
  for f in "$dir/$p/reportlab.pdf" "$dir"/$p/lo-writer-python-docx-all.pdf "$work/page.pdf"; do
    [ -f "$f" ] || continue
    name=$(basename "$f" .pdf)
    run $p/qpdf-linear-"$name".pdf qpdf --linearize "$f" @
    run $p/qpdf-object-streams-"$name".pdf qpdf --object-streams=generate --recompress-flate --compression-level=9 "$f" @
    run $p/qpdf-no-object-streams-"$name".pdf qpdf --object-streams=disable "$f" @
    run $p/qpdf-qdf-"$name".pdf qpdf --qdf "$f" @
    run $p/qpdf-uncompressed-"$name".pdf qpdf --stream-data=uncompress --normalize-content=y "$f" @
    run $p/qpdf-2.0-"$name".pdf qpdf --force-version=2.0 --newline-before-endstream "$f" @
    run $p/qpdf-pages-"$name".pdf qpdf --empty --pages "$f" 1 "$f" 1 -- @
    run $p/qpdf-attached-text-"$name".pdf qpdf --add-attachment text.txt --mimetype=text/plain -- "$f" @
    run refused/encrypted/qpdf-40-bit-"$name".pdf qpdf --allow-weak-crypto --encrypt secret owner 40 -- "$f" @
    run refused/encrypted/qpdf-128-bit-"$name".pdf qpdf --allow-weak-crypto --encrypt secret owner 128 --use-aes=y -- "$f" @
    run refused/encrypted/qpdf-256-bit-"$name".pdf qpdf --encrypt secret owner 256 -- "$f" @
    run unsure/qpdf-may-not-be-printed-"$name".pdf qpdf --encrypt '' owner 256 --print=none -- "$f" @
  done
}
