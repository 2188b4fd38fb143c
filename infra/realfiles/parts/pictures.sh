# shellcheck shell=bash disable=SC2154 # sourced by make.sh

# materials are what the parts begin with: pictures, a sound, a text, a folder.
materials() {
  mkdir -p "$work/in"
  cd "$work/in" || return
  if have im; then
    im -size 320x240 -seed 7 plasma:red-blue -depth 8 photo.png
    im -size 96x72 -seed 8 plasma:green-yellow -depth 8 small.png
    im -size 96x72 xc:none -fill red -draw 'circle 48,36 48,8' alpha.png
    im -size 160x120 gradient: gray.png
    im photo.png -quality 88 photo.jpg
    im photo.png photo.ppm
    im photo.png -resize 160x120 thumb.jpg
    for i in 1 2 3 4; do im small.png -modulate "100,100,$((i * 40))" "frame$i.png"; done
  fi
  for icc in /usr/share/color/icc/ghostscript/srgb.icc /usr/share/color/icc/colord/sRGB.icc; do
    [ ! -f "$icc" ] || cp "$icc" srgb.icc
  done
  seq -f 'Line %g of a plain text, as one writes it.' 400 >text.txt
  if have ffmpeg; then
    ffmpeg -v error -f lavfi -i testsrc2=s=160x120:r=10:d=2 -f lavfi -i sine=f=440:d=2 -c:v libx264 -preset veryfast -pix_fmt yuv420p -c:a aac clip.mp4
    ffmpeg -v error -f lavfi -i sine=f=440:d=2:r=44100 -ac 2 tone.wav
  fi
  printf '%s' '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg"/></rdf:RDF></x:xmpmeta>' >meta.xmp
  ! have gs || gs -q -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -sOutputFile="$work/page.pdf" -c '/Helvetica 24 selectfont 72 700 moveto (A page) show 100 100 moveto 300 300 lineto stroke showpage'
  : >"$work/log"
}

pictures() {
  cd "$work/in" || return
  [ -f photo.png ] || return 0
  jpegs
  pngs
  gifs
  webps
  avifs
  heics
  vectors
  ! have python || timeout 120 "$python" "$here/python/pictures.py" "$dir" "$work/in" >>"$work/log" 2>&1 || printf 'python/pictures.py\n' >>"$work/failed"
}

jpegs() {
  local j=image/jpeg q
  for q in 10 50 75 92 100; do run $j/im-quality-$q.jpg "$im" photo.png -quality $q @; done
  run $j/im-progressive.jpg "$im" photo.png -interlace JPEG @
  run $j/im-cmyk.jpg "$im" photo.png -colorspace CMYK @
  run $j/im-gray.jpeg "$im" gray.png -colorspace Gray @
  run $j/im-444.jpe "$im" photo.png -sampling-factor 4:4:4 @
  run $j/im-411.jfif "$im" photo.png -sampling-factor 4:1:1 jpeg:@
  run $j/im-one-pixel.jpg "$im" -size 1x1 xc:red @
  run $j/im-12-megapixels.jpg "$im" photo.png -resize 4000x3000! -quality 80 @
  run $j/im-panorama-wide.jpg "$im" gray.png -resize 12000x80! @
  run $j/im-stripped.jpg "$im" photo.png -strip @
  run $j/im-comment.jpg "$im" photo.png -set comment 'taken by <b>me</b> & others' @
  [ ! -f srgb.icc ] || run $j/im-icc.jpg "$im" photo.png -profile srgb.icc @
  if have cjpeg; then
    run $j/cjpeg-restart.jpg cjpeg -restart 1 -outfile @ photo.ppm
    run $j/cjpeg-arithmetic.jpg cjpeg -arithmetic -outfile @ photo.ppm
    run $j/cjpeg-progressive.jpg cjpeg -progressive -optimize -outfile @ photo.ppm
    run $j/cjpeg-gray.jpg cjpeg -grayscale -outfile @ photo.ppm
    run $j/cjpeg-rgb.jpg cjpeg -rgb -outfile @ photo.ppm
    run $j/cjpeg-raw-quant.jpg cjpeg -quality 95 -sample 2x1 -baseline -outfile @ photo.ppm
  fi
  if have jpegtran; then
    run $j/jpegtran-rotated.jpg jpegtran -rotate 90 -copy all -outfile @ photo.jpg
    run $j/jpegtran-progressive.jpg jpegtran -progressive -copy none -outfile @ photo.jpg
  fi
  ! have ffmpeg || run $j/ffmpeg-frame.jpg ffmpeg -v error -i photo.png -frames:v 1 @
  ! have ffmpeg || run $j/ffmpeg-mjpeg-huffman.jpg ffmpeg -v error -i photo.png -frames:v 1 -huffman default -q:v 3 @
  ! have pdftoppm || [ ! -f "$work/page.pdf" ] || run $j/pdftoppm.jpg pdftoppm -jpeg -singlefile "$work/page.pdf" "$dir/$j/pdftoppm"
  if have gs; then
    run $j/ghostscript.jpg gs -q -dBATCH -dNOPAUSE -sDEVICE=jpeg -sOutputFile=@ -c '100 100 moveto 300 300 lineto stroke showpage'
    run image/png/ghostscript.png gs -q -dBATCH -dNOPAUSE -sDEVICE=png16m -sOutputFile=@ -c '100 100 moveto 300 300 lineto stroke showpage'
    run image/png/ghostscript-mono.png gs -q -dBATCH -dNOPAUSE -sDEVICE=pngmono -sOutputFile=@ -c '100 100 moveto 300 300 lineto stroke showpage'
  fi
  phones
}

# phones are pictures as cameras write them: with EXIF, a thumbnail, a second picture, a video.
phones() {
  local j=image/jpeg
  have exiftool || return 0
  run $j/exiftool-camera.jpg exiftool -q -o @ -Make=Phone -Model='Phone 12' -Orientation='Rotate 90 CW' -ExposureTime=1/60 -FNumber=1.8 -ISO=100 \
    -DateTimeOriginal='2023:04:05 06:07:08' -GPSLatitude=48.1 -GPSLatitudeRef=N -GPSLongitude=11.5 -GPSLongitudeRef=E '-ThumbnailImage<=thumb.jpg' photo.jpg
  run $j/exiftool-xmp-iptc.jpg exiftool -q -o @ -XMP:Title='Ein Bild & mehr' -XMP:Rating=5 -IPTC:Headline=News -IPTC:Keywords=a -IPTC:Keywords=b -Comment='a note' photo.jpg
  run $j/exiftool-long-xmp.jpg exiftool -q -o @ "-XMP:Description=$(head -c 50000 text.txt | tr '\n' ' ')" photo.jpg
  run $j/exiftool-big-endian.jpg exiftool -q -o @ -ExifByteOrder=MM -Make=Camera '-ThumbnailImage<=thumb.jpg' photo.jpg
  run image/png/exiftool-exif.png exiftool -q -o @ -EXIF:Artist=me -XMP:Title=x photo.png
  local phone=$dir/$j/exiftool-camera.jpg
  [ -f "$phone" ] || return 0
  printf '\0\0\0\0\0\0\0\0' >zeros
  head -c 70000 /dev/zero >many-zeros
  head -c 65536 /dev/zero | tr '\0' '\377' >many-ff
  printf '\nSEFH\x6b\0\0\0\x01\0\0\0\0\0\x30\x0a\x10\0\0\0\x10\0\0\0\x14\0\0\0SEFT' >samsung
  printf '\r\n' >newline
  join $j/phone-padded-with-zeros.jpg "$phone" zeros
  join $j/phone-padded-with-many-zeros.jpg "$phone" many-zeros
  join $j/phone-padded-with-ff.jpg "$phone" many-ff
  join $j/phone-samsung-trailer.jpg "$phone" samsung
  join $j/phone-second-picture-behind.jpg "$phone" thumb.jpg
  join $j/phone-newline-behind.jpg "$phone" newline
  [ ! -f clip.mp4 ] || join $j/phone-motion-photo.jpg "$phone" clip.mp4
  [ ! -f clip.mp4 ] || join $j/phone-samsung-motion-photo.jpg "$phone" clip.mp4 samsung
  if have exiftool && [ -f clip.mp4 ]; then
    run $j/phone-google-motion-photo-xmp.jpg exiftool -q -o @ -XMP-GCamera:MotionPhoto=1 -XMP-GCamera:MotionPhotoVersion=1 photo.jpg
    [ ! -f "$dir/$j/phone-google-motion-photo-xmp.jpg" ] || join $j/phone-google-motion-photo.jpg "$dir/$j/phone-google-motion-photo-xmp.jpg" clip.mp4
  fi
}

pngs() {
  local p=image/png d f
  for d in 1 2 4 8 16; do
    run $p/im-gray-$d-bit.png "$im" gray.png -colorspace Gray -depth $d -define png:bit-depth=$d -define png:color-type=0 @
    run $p/im-interlaced-$d-bit.png "$im" gray.png -depth $d -interlace PNG @
  done
  for d in 1 2 4 8; do run $p/im-palette-$d-bit.png "$im" photo.png +dither -colors $(((1 << d) - 1)) -type Palette -define png:bit-depth=$d -define png:color-type=3 @; done
  for f in 8 24 32 48 64; do run $p/im-png$f.png "$im" alpha.png png$f:@; done
  for f in 0 2 4 6; do run $p/im-color-type-$f.png "$im" photo.png -define png:color-type=$f @; done
  run $p/im-one-pixel.png "$im" -size 1x1 xc:red @
  run $p/im-20-megapixels-of-white.png "$im" -size 5000x4000 xc:white @
  run $p/im-texts.png "$im" photo.png -set Title 'A picture' -set Author me -set Copyright "$(head -c 9000 text.txt)" -density 300 -units PixelsPerInch @
  [ ! -f srgb.icc ] || run $p/im-icc.png "$im" photo.png -profile srgb.icc @
  ! have ffmpeg || run $p/ffmpeg.png ffmpeg -v error -i photo.jpg @
  ! have ffmpeg || run $p/ffmpeg-16-bit.png ffmpeg -v error -i photo.jpg -pix_fmt rgb48be @
  ! have ffmpeg || run $p/ffmpeg-mono.png ffmpeg -v error -i photo.jpg -pix_fmt monob @
  ! have optipng || run $p/optipng.png optipng -quiet -out @ photo.png
  ! have pngcrush || run $p/pngcrush.png pngcrush -q photo.png @
  ! have pngquant || run $p/pngquant.png pngquant -o @ photo.png
  ! have zopflipng || run $p/zopflipng.png zopflipng -y --iterations=1 small.png @
  ! have rsvg-convert || { dot_svg >graph.svg; run $p/rsvg.png rsvg-convert -o @ graph.svg; }
  ! have dot || run $p/graphviz-cairo.png dot -Tpng -o @ "$here/parts/graph.dot"
  join $p/padded-with-zeros.png photo.png many-zeros
  if have ffmpeg && [ -f clip.mp4 ]; then
    for f in png apng; do
      run image/$f/ffmpeg-animated.$f ffmpeg -v error -i clip.mp4 -f apng -plays 0 @
      run image/$f/ffmpeg-animated-once.$f ffmpeg -v error -i clip.mp4 -t 0.5 -f apng -plays 1 @
      run image/$f/ffmpeg-animated-gray.$f ffmpeg -v error -i clip.mp4 -t 0.5 -pix_fmt gray -f apng @
      run image/$f/ffmpeg-animated-alpha.$f ffmpeg -v error -i clip.mp4 -t 0.5 -pix_fmt rgba -f apng @
    done
  fi
}

dot_svg() { printf '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><rect width="80" height="60" fill="#08f"/><text x="4" y="30">hi</text></svg>'; }

gifs() {
  local g=image/gif
  run $g/im.gif "$im" photo.png @
  run $g/im-87a.gif "$im" photo.png GIF87:@
  run $g/im-transparent.gif "$im" alpha.png @
  run $g/im-interlaced.gif "$im" photo.png -interlace GIF @
  run $g/im-animated.gif "$im" -delay 20 -loop 0 frame1.png frame2.png frame3.png frame4.png @
  run $g/im-animated-optimised.gif "$im" -delay 20 -loop 3 frame1.png frame2.png frame3.png -layers optimize @
  run $g/im-comment.gif "$im" photo.png -set comment 'a comment of some length, with <b> in it' @
  run $g/im-two-colours.gif "$im" gray.png -monochrome @
  run $g/im-one-pixel.gif "$im" -size 1x1 xc:transparent @
  if have gifsicle && [ -f "$dir/$g/im-animated.gif" ]; then
    run $g/gifsicle-optimised.gif gifsicle -O3 -o @ "$dir/$g/im-animated.gif"
    run $g/gifsicle-careful.gif gifsicle --careful --no-loopcount -d 10 -o @ "$dir/$g/im-animated.gif"
    run $g/gifsicle-comment.gif gifsicle --comment 'made by me' --name first -o @ "$dir/$g/im-animated.gif"
    run $g/gifsicle-lossy.gif gifsicle --lossy=80 --interlace -o @ "$dir/$g/im.gif"
  fi
  if have ffmpeg && [ -f clip.mp4 ]; then
    run $g/ffmpeg.gif ffmpeg -v error -i clip.mp4 @
    run $g/ffmpeg-palette.gif ffmpeg -v error -i clip.mp4 -vf 'split[a][b];[a]palettegen[p];[b][p]paletteuse' -loop 0 @
    run $g/ffmpeg-no-offset.gif ffmpeg -v error -i clip.mp4 -gifflags -offsetting-transdiff @
  fi
  ! have exiftool || [ ! -f "$dir/$g/im.gif" ] || run $g/exiftool-xmp.gif exiftool -q -o @ -XMP:Title=x -Comment=y "$dir/$g/im.gif"
}

webps() {
  local w=image/webp
  run $w/im.webp "$im" photo.png @
  run $w/im-lossless.webp "$im" photo.png -define webp:lossless=true @
  if have cwebp; then
    run $w/cwebp.webp cwebp -quiet photo.png -o @
    run $w/cwebp-lossless.webp cwebp -quiet -lossless photo.png -o @
    run $w/cwebp-near-lossless.webp cwebp -quiet -near_lossless 40 photo.png -o @
    run $w/cwebp-alpha.webp cwebp -quiet -alpha_q 50 alpha.png -o @
    run $w/cwebp-alpha-lossless.webp cwebp -quiet -lossless -exact alpha.png -o @
    run $w/cwebp-one-pixel.webp cwebp -quiet -resize 1 1 photo.png -o @
    [ ! -f "$dir/image/jpeg/exiftool-camera.jpg" ] || run $w/cwebp-metadata.webp cwebp -quiet -metadata all "$dir/image/jpeg/exiftool-camera.jpg" -o @
  fi
  ! have gif2webp || run $w/gif2webp.webp gif2webp -quiet "$dir/image/gif/im-animated.gif" -o @
  ! have gif2webp || run $w/gif2webp-mixed.webp gif2webp -quiet -mixed -min_size "$dir/image/gif/im-animated.gif" -o @
  ! have img2webp || run $w/img2webp.webp img2webp -loop 2 -d 100 frame1.png -lossy frame2.png frame3.png -o @
  if have webpmux && [ -f "$dir/$w/cwebp.webp" ]; then
    run $w/webpmux-xmp.webp webpmux -set xmp meta.xmp "$dir/$w/cwebp.webp" -o @
    [ ! -f srgb.icc ] || run $w/webpmux-icc.webp webpmux -set icc srgb.icc "$dir/$w/cwebp-lossless.webp" -o @
  fi
  ! have ffmpeg || run $w/ffmpeg.webp ffmpeg -v error -i photo.png @
  ! have ffmpeg || [ ! -f clip.mp4 ] || run $w/ffmpeg-animated.webp ffmpeg -v error -i clip.mp4 -t 1 -loop 0 @
}

avifs() {
  local a=image/avif d
  if have avifenc; then
    for d in 8 10 12; do run $a/avifenc-$d-bit.avif avifenc -s 10 -d $d photo.png @; done
    for d in 400 420 422 444; do run $a/avifenc-yuv$d.avif avifenc -s 10 -y $d photo.png @; done
    run $a/avifenc-lossless.avif avifenc -s 10 -l small.png @
    run $a/avifenc-alpha.avif avifenc -s 10 alpha.png @
    run $a/avifenc-grid.avif avifenc -s 10 -g 2x2 frame1.png frame2.png frame3.png frame4.png @
    run $a/avifenc-sequence.avif avifenc -s 10 --fps 10 frame1.png frame2.png frame3.png frame4.png @
    run $a/avifenc-xmp.avif avifenc -s 10 --xmp meta.xmp photo.jpg @
    run $a/avifenc-rotated.avif avifenc -s 10 --irot 1 --imir 0 --pasp 1,1 photo.jpg @
    [ ! -f srgb.icc ] || run $a/avifenc-icc.avif avifenc -s 10 --icc srgb.icc photo.png @
  fi
  if have heif-enc; then
    run $a/heif-enc.avif heif-enc -A -p speed=8 -o @ photo.png
    run $a/heif-enc-thumbnail.avif heif-enc -A -p speed=8 -t 64 -o @ photo.png
  fi
  ! have ffmpeg || run $a/ffmpeg-still.avif ffmpeg -v error -i photo.png -c:v libaom-av1 -cpu-used 8 -still-picture 1 @
  ! have ffmpeg || [ ! -f clip.mp4 ] || run $a/ffmpeg-animated.avif ffmpeg -v error -i clip.mp4 -t 0.5 -c:v libaom-av1 -cpu-used 8 @
  ! have exiftool || [ ! -f "$dir/$a/avifenc-8-bit.avif" ] || run $a/exiftool.avif exiftool -q -o @ -Make=Phone "$dir/$a/avifenc-8-bit.avif"
}

heics() {
  local h=image/heic f
  if have heif-enc; then
    run $h/heif-enc.heic heif-enc -o @ photo.png
    run $h/heif-enc-lossless.heic heif-enc -L -p chroma=444 -o @ small.png
    run $h/heif-enc-alpha.heic heif-enc -o @ alpha.png
    run $h/heif-enc-thumbnail.heic heif-enc -t 64 -o @ photo.png
    run $h/heif-enc-several.heic heif-enc -o @ frame1.png frame2.png frame3.png
    run $h/heif-enc-10-bit.heic heif-enc -b 10 -o @ "$dir/image/png/im-png48.png"
    run $h/heif-enc-compressed-xmp.heic heif-enc --enable-metadata-compression -o @ "$dir/image/jpeg/exiftool-xmp-iptc.jpg"
    run $h/heif-enc-exif.heic heif-enc -o @ "$dir/image/jpeg/exiftool-camera.jpg"
    run $h/heif-enc-two-profiles.heic heif-enc --enable-two-colr-boxes -o @ "$dir/image/png/im-icc.png"
    run $h/heif-enc-one-pixel.heic heif-enc -o @ "$dir/image/png/im-one-pixel.png"
  fi
  run $h/im.heic "$im" photo.png @
  ! have exiftool || [ ! -f "$dir/$h/heif-enc.heic" ] || run $h/exiftool.heic exiftool -q -o @ -Make=Phone -XMP:Title=x "$dir/$h/heif-enc.heic"
  for f in "$dir/$h"/*.heic; do
    [ ! -f "$f" ] || { mkdir -p "$dir/image/heif"; cp "$f" "$dir/image/heif/$(basename "$f" .heic).heif"; }
  done
}

vectors() {
  local s=image/svg+xml t
  if have dot; then
    for t in svg svg:cairo; do run $s/graphviz-${t/:/-}.svg dot -T$t -o @ "$here/parts/graph.dot"; done
  fi
  ! have rsvg-convert || run $s/rsvg.svg rsvg-convert -f svg -o @ graph.svg
  ! have pdftocairo || [ ! -f "$work/page.pdf" ] || run $s/pdftocairo.svg pdftocairo -svg "$work/page.pdf" @
}
