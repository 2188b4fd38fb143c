#!/usr/bin/env bash
# Honest files as real tools make them, several hundred, for `go test ./infra/realfiles`: none of
# them may be refused. They are made anew, so that the repository holds none.
#
#   infra/realfiles/make.sh DIR         makes them, in two minutes, with the tools that are there
#   infra/realfiles/make.sh --install   installs those tools: Debian's by apt-get, as root (650 MB),
#                                       and Python's into a virtual environment below ~/.cache
#
# DIR/image/png/... holds files to be declared as image/png; DIR/refused/<reason>/ what these tools
# make and airlock refuses for that reason; DIR/unsure/ what a team may want or not: it is only told.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${XDG_CACHE_HOME:-$HOME/.cache}/airlock/realfiles

packages=(
  libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui ffmpeg imagemagick webp
  libavif-bin libheif-examples qpdf ghostscript zip 7zip libarchive-tools poppler-utils
  libimage-exiftool-perl gifsicle optipng mkvtoolnix pigz zopfli graphviz fonts-dejavu-core
  librsvg2-bin libjpeg-turbo-progs vorbis-tools lame opus-tools flac sox pngquant pngcrush img2pdf
  libxml2-utils git python3-venv
)
tools=(
  soffice ffmpeg im cwebp gif2webp img2webp webpmux avifenc heif-enc qpdf gs zip 7zz bsdtar
  pdftocairo pdftoppm pdfunite exiftool gifsicle optipng mkvmerge pigz zopfli zopflipng dot
  rsvg-convert cjpeg jpegtran oggenc lame opusenc sox pngquant pngcrush img2pdf xmllint git jq npm jar
  python
)

install() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
}

# path prints where a tool is. "im" is ImageMagick, whatever its command is called; "python" is the
# one with the libraries.
path() {
  case $1 in
    im) command -v convert-im6.q16 || command -v magick || command -v convert ;;
    python) [ -x "$venv/bin/python" ] && printf '%s\n' "$venv/bin/python" ;;
    *) command -v "$1" ;;
  esac
}

have() {
  local tool
  for tool in "$@"; do [[ " $found " == *" $tool "* ]] || return 1; done
}

im() { timeout 60 "$im" "$@"; }

# make OUT COMMAND... runs a command that makes OUT, below the folder of the files. What fails or
# makes nothing is noted, and costs that one file.
make() {
  local out=$dir/$1
  shift
  mkdir -p "$(dirname "$out")"
  if "$@" </dev/null >>"$work/log" 2>&1 && [ -s "$out" ]; then return; fi
  rm -f "$out"
  printf '%s: %s\n' "${out#"$dir/"}" "$*" >>"$work/failed"
}

# run is make for a program: it may take a minute, and @ stands for the file that it makes.
run() {
  local out=$1
  shift
  make "$out" timeout 60 "${@//@/$dir/$out}"
}

# into OUT COMMAND... makes OUT of what a command prints, through a pipe: it can't seek there.
into() {
  local out=$1
  shift
  make "$out" piped "$dir/$out" "$@"
}
piped() { timeout 60 "${@:2}" | cat >"$1"; }

# join OUT FILE... makes OUT of files, one behind the other.
join() { make "$1" joined "$dir/$1" "${@:2}"; }
joined() { cat "${@:2}" >"$1"; }

case ${1-} in
  --install) install; exit ;;
  '' | -*) sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
mkdir -p "$1"
dir=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/failed"
found="" missing=""
for tool in "${tools[@]}"; do
  if path "$tool" >/dev/null; then found+=" $tool"; else missing+=" $tool"; fi
done
found+=' '
im=$(path im || true)
export python; python=$(path python || true)
export LC_ALL=C.UTF-8 TZ=UTC

for part in pictures documents media archives text; do
  # shellcheck source=/dev/null
  source "$here/parts/$part.sh"
done
materials
documents & jobs=($!)
{ pictures; text; } & jobs+=($!)
{ media; archives; } & jobs+=($!)
wait "${jobs[@]}"
mixtures

[ -z "$missing" ] || printf 'not here, so without their files:%s (%s --install)\n' "$missing" "$0" >&2
if [ -s "$work/failed" ]; then
  printf 'could not be made:\n' >&2
  cut -c1-200 "$work/failed" >&2
fi
printf '%d files in %s\n' "$(find "$dir" -type f | wc -l)" "$dir"
