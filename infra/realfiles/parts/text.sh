# shellcheck shell=bash disable=SC2154 # sourced by make.sh

text() {
  cd "$work/in" || return
  ! have python || timeout 120 "$python" "$here/python/text.py" "$dir" >>"$work/log" 2>&1 || printf 'python/text.py\n' >>"$work/failed"
  local f
  join text/plain/seq.txt text.txt
  into text/plain/ls.log ls -la /usr/bin
  into text/plain/words.txt sh -c 'ls -R /etc 2>/dev/null | head -5000'
  [ ! -f /usr/share/common-licenses/GPL-3 ] || join text/plain/license.txt /usr/share/common-licenses/GPL-3
  if have ffmpeg && [ -f clip.mp4 ] && command -v ffprobe >/dev/null; then
    for f in json xml csv; do
      case $f in json) t=application/json ;; xml) t=application/xml ;; csv) t=text/csv ;; esac
      into "$t/ffprobe.$f" ffprobe -v error -show_streams -of $f clip.mp4
    done
  fi
  if have exiftool && [ -f "$dir/image/jpeg/exiftool-camera.jpg" ]; then
    into application/xml/exiftool.xml exiftool -X "$dir/image/jpeg/exiftool-camera.jpg"
    into application/json/exiftool.json exiftool -j "$dir/image/jpeg/exiftool-camera.jpg"
    into text/csv/exiftool.csv exiftool -csv "$dir/image/jpeg/exiftool-camera.jpg"
    into text/tab-separated-values/exiftool.tsv exiftool -T -n -Make -Model "$dir/image/jpeg/exiftool-camera.jpg"
  fi
  if have jq; then
    into application/json/jq-compact.json jq -nc '[range(1000)|{id:.,name:"n\(.)"}]'
    into application/json/jq-tabs.json jq -n --tab '{a:[1,2,{b:null}]}'
    into text/csv/jq.csv jq -nr 'range(50)|[.,"a \"quoted\" text",.*2]|@csv'
    into text/tab-separated-values/jq.tsv jq -nr 'range(50)|[.,"tab",.*2]|@tsv'
  fi
  if have xmllint && [ -f "$dir/application/xml/python-rss.xml" ]; then
    into application/xml/xmllint.xml xmllint --format "$dir/application/xml/python-rss.xml"
    into application/xml/xmllint-canonical.xml xmllint --c14n "$dir/application/xml/python-rss.xml"
  fi
  ! have dot || into application/json/graphviz.json dot -Tjson "$here/parts/graph.dot"
  mkdir -p "$dir/text/xml"
  for f in "$dir"/application/xml/*.xml; do [ ! -f "$f" ] || cp "$f" "$dir/text/xml/"; done
}
