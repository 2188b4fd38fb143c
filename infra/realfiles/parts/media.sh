# shellcheck shell=bash disable=SC2154 # sourced by make.sh

ff() { # OUT ARGUMENTS...
  local out=$1
  shift
  run "$out" ffmpeg -v error "$@" @
}

media() {
  cd "$work/in" || return
  have ffmpeg && [ -f clip.mp4 ] || return 0
  videos
  movies
  webms
  sounds
  waves
  oggs
  copies
}

videos() {
  local m=video/mp4 x=(-c:v libx264 -preset veryfast)
  cp clip.mp4 plain.mp4
  printf '[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n' | sed '1i;FFMETADATA1\ntitle=A clip' >chapters.txt
  printf '1\n00:00:00,000 --> 00:00:01,000\nHello\n' >text.srt
  join $m/ffmpeg.mp4 clip.mp4
  ff $m/ffmpeg-faststart.mp4 -i clip.mp4 -c copy -movflags +faststart
  ff $m/ffmpeg-fragmented.mp4 -i clip.mp4 -c copy -movflags frag_keyframe+empty_moov
  ff $m/ffmpeg-fragmented-base.mp4 -i clip.mp4 -c copy -movflags frag_every_frame+empty_moov+default_base_moof
  ff $m/ffmpeg-dash.mp4 -i clip.mp4 -c copy -movflags dash+global_sidx+frag_keyframe+empty_moov
  ff $m/ffmpeg-cmaf.mp4 -i clip.mp4 -an -c copy -movflags cmaf+frag_keyframe+empty_moov
  into $m/ffmpeg-through-a-pipe.mp4 ffmpeg -v error -i clip.mp4 -c copy -f mp4 -movflags frag_keyframe+empty_moov -
  ff $m/ffmpeg-no-sound.mp4 -i clip.mp4 -an -c copy
  ff $m/ffmpeg-one-frame.mp4 -i photo.png "${x[@]}" -pix_fmt yuv420p -frames:v 1
  ff $m/ffmpeg-hevc.mp4 -i clip.mp4 -c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1
  ff $m/ffmpeg-mpeg4.mp4 -i clip.mp4 -c:v mpeg4 -c:a libmp3lame
  ff $m/ffmpeg-av1.mp4 -i clip.mp4 -t 0.5 -c:v libaom-av1 -cpu-used 8 -c:a libopus
  ff $m/ffmpeg-vp9.mp4 -i clip.mp4 -t 0.5 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -an
  ff $m/ffmpeg-subtitles.mp4 -i clip.mp4 -i text.srt -map 0 -map 1 -c copy -c:s mov_text
  ff $m/ffmpeg-chapters.mp4 -i clip.mp4 -i chapters.txt -map_metadata 1 -c copy
  ff $m/ffmpeg-cover.mp4 -i clip.mp4 -i thumb.jpg -map 0 -map 1 -c copy -disposition:v:1 attached_pic
  ff $m/ffmpeg-metadata.mp4 -i clip.mp4 -c copy -metadata title='<b>A</b> clip' -metadata comment="$(head -c 3000 text.txt)" -metadata location=+48.1+011.5/ -movflags use_metadata_tags
  ff $m/ffmpeg-two-sounds.mp4 -i clip.mp4 -i tone.wav -map 0 -map 1 -c:v copy -c:a aac
  ff $m/ffmpeg-rotated.mp4 -i clip.mp4 -c copy -metadata:s:v rotate=90
  ff $m/ffmpeg-cut.mp4 -ss 0.5 -i clip.mp4 -c copy -avoid_negative_ts make_zero
  ff $m/ffmpeg-brand-mp42.mp4 -i clip.mp4 -c copy -brand mp42
  ff $m/ffmpeg-xmp-like.mp4 -i clip.mp4 -c copy -write_tmcd 1 -timecode 01:00:00:00
  ff $m/ffmpeg-hint-tracks.mp4 -i clip.mp4 -c copy -movflags rtphint
  ff $m/ffmpeg-psp.mp4 -i clip.mp4 -c copy -f psp
  ff $m/ffmpeg-ismv.mp4 -i clip.mp4 -c copy -f ismv
  ! have exiftool || run $m/exiftool-xmp.mp4 exiftool -q -o @ -XMP:Title=x -Keys:Make=Phone clip.mp4
  for f in "" -faststart -cover -chapters; do ff video/x-m4v/ffmpeg$f.m4v -i "$dir/$m/ffmpeg$f.mp4" -map 0:v:0 -map 0:a -c copy -f ipod; done
  ff video/x-m4v/ffmpeg-as-mp4.m4v -i clip.mp4 -c copy -f mp4
}

movies() {
  local q=video/quicktime
  ff $q/ffmpeg.mov -i clip.mp4 -c copy
  ff $q/ffmpeg-faststart.qt -i clip.mp4 -c copy -movflags +faststart -f mov
  ff $q/ffmpeg-prores.mov -i clip.mp4 -t 0.5 -c:v prores_ks -c:a pcm_s16le
  ff $q/ffmpeg-mjpeg.mov -i clip.mp4 -c:v mjpeg -c:a pcm_s24be
  ff $q/ffmpeg-animation.mov -i clip.mp4 -t 0.5 -c:v qtrle -an
  ff $q/ffmpeg-png.mov -i clip.mp4 -t 0.3 -c:v png -c:a alac
  ff $q/ffmpeg-timecode.mov -i clip.mp4 -c copy -timecode 01:00:00:00
  ff $q/ffmpeg-hevc.mov -i clip.mp4 -c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1 -an
  ff $q/ffmpeg-fragmented.mov -i clip.mp4 -c copy -movflags frag_keyframe
  ff $q/ffmpeg-raw.mov -i clip.mp4 -t 0.2 -c:v rawvideo -pix_fmt yuyv422 -an
  ! have exiftool || run $q/exiftool-live-photo.mov exiftool -q -o @ -Keys:ContentIdentifier=0123 -Keys:Make=Apple -Keys:Software=16.1 "$dir/$q/ffmpeg.mov"
}

webms() {
  local w=video/webm a vp8=(-c:v libvpx -deadline realtime -cpu-used 8)
  ff $w/ffmpeg-vp8-vorbis.webm -i clip.mp4 "${vp8[@]}" -c:a libvorbis
  ff $w/ffmpeg-vp9-opus.webm -i clip.mp4 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus
  ff $w/ffmpeg-av1.webm -i clip.mp4 -t 0.5 -c:v libaom-av1 -cpu-used 8 -c:a libopus
  ff $w/ffmpeg-alpha.webm -loop 1 -i alpha.png -t 0.5 -c:v libvpx -pix_fmt yuva420p -auto-alt-ref 0 -deadline realtime
  ff $w/ffmpeg-live.webm -i clip.mp4 "${vp8[@]}" -c:a libopus -live 1
  ff $w/ffmpeg-dash.webm -i clip.mp4 "${vp8[@]}" -an -dash 1
  ff $w/ffmpeg-cues-to-front.webm -i clip.mp4 "${vp8[@]}" -c:a libopus -cues_to_front 1
  ff $w/ffmpeg-small-clusters.webm -i clip.mp4 "${vp8[@]}" -c:a libopus -cluster_size_limit 5000 -reserve_index_space 4096
  ff $w/ffmpeg-metadata.webm -i clip.mp4 "${vp8[@]}" -c:a libopus -metadata title=clip -metadata comment=note
  into $w/ffmpeg-of-unknown-size.webm ffmpeg -v error -i clip.mp4 -c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus -f webm -
  ff $w/ffmpeg-subtitles.webm -i clip.mp4 -i text.srt -map 0 -map 1 "${vp8[@]}" -c:a libopus -c:s webvtt
  ! have mkvmerge || run $w/mkvmerge.webm mkvmerge -q -w -o @ "$dir/$w/ffmpeg-vp8-vorbis.webm"
  ! have mkvmerge || run $w/mkvmerge-tagged.webm mkvmerge -q -w --title 'A clip' --cluster-length 200ms -o @ "$dir/$w/ffmpeg-vp9-opus.webm"
  for a in libopus libvorbis; do ff audio/webm/ffmpeg-$a.weba -i tone.wav -c:a $a -f webm; done
  ff audio/webm/ffmpeg-tagged.weba -i tone.wav -c:a libopus -metadata title=tone -f webm
  into audio/webm/ffmpeg-of-unknown-size.webm ffmpeg -v error -i tone.wav -c:a libopus -f webm -
  ff audio/webm/ffmpeg-mono.webm -i tone.wav -ac 1 -c:a libopus -f webm
}

sounds() {
  local m=audio/mp4 p=audio/mpeg q
  ff $m/ffmpeg.m4a -i tone.wav
  ff $m/ffmpeg-as-mp4.m4a -i tone.wav -f mp4
  ff $m/ffmpeg-alac.m4a -i tone.wav -c:a alac
  ff $m/ffmpeg-cover.m4a -i tone.wav -i thumb.jpg -map 0 -map 1 -c:v copy -disposition:v attached_pic
  ff $m/ffmpeg-chapters.m4a -i tone.wav -i chapters.txt -map_metadata 1
  ff $m/ffmpeg-faststart.m4a -i tone.wav -movflags +faststart
  ff $m/ffmpeg-fragmented.m4a -i tone.wav -movflags frag_keyframe+empty_moov
  ff $m/ffmpeg-tagged.m4a -i tone.wav -metadata title=Tone -metadata artist='Ä & Ö' -metadata lyrics="$(head -c 2000 text.txt)"
  ff $m/ffmpeg-brand.m4a -i tone.wav -brand 'M4B '
  ff $m/ffmpeg-sound-only.mp4 -i tone.wav -f ipod
  ff $p/ffmpeg.mp3 -i tone.wav
  ff $p/ffmpeg-cover.mp3 -i tone.wav -i thumb.jpg -map 0 -map 1 -c:v mjpeg -id3v2_version 3 -metadata:s:v title=cover
  ff $p/ffmpeg-id3v2.4.mp3 -i tone.wav -id3v2_version 4 -metadata title=Töne -metadata comment="$(head -c 3000 text.txt)"
  ff $p/ffmpeg-id3v1-too.mp3 -i tone.wav -write_id3v1 1 -metadata title=x
  ff $p/ffmpeg-no-tags.mp3 -i tone.wav -id3v2_version 0 -write_xing 0
  ff $p/ffmpeg-chapters.mp3 -i tone.wav -i chapters.txt -map_metadata 1
  ff $p/ffmpeg-shine.mp3 -i tone.wav -c:a libshine
  for q in 8000 16000 22050 32000 48000; do ff $p/ffmpeg-$q-hz.mp3 -i tone.wav -ar $q; done
  if have lame; then
    run $p/lame-vbr.mp3 lame --quiet -V 2 tone.wav @
    run $p/lame-abr.mp3 lame --quiet --abr 128 tone.wav @
    run $p/lame-cbr-320.mp3 lame --quiet -b 320 --cbr tone.wav @
    run $p/lame-mono-tagged.mp3 lame --quiet -m m --tt title --ta artist --add-id3v2 tone.wav @
    run $p/lame-id3v1-only.mp3 lame --quiet --id3v1-only --tt title tone.wav @
    run $p/lame-cover.mp3 lame --quiet --ti thumb.jpg --tt title tone.wav @
    run $p/lame-crc.mp3 lame --quiet -p tone.wav @
    run $p/lame-free-format.mp3 lame --quiet --freeformat -b 256 tone.wav @
    run $p/lame-padded-tag.mp3 lame --quiet --tt t --pad-id3v2-size 20000 tone.wav @
  fi
  [ ! -f "$dir/$p/lame-id3v1-only.mp3" ] || join $p/two-behind-each-other.mp3 "$dir/$p/lame-id3v1-only.mp3" "$dir/$p/ffmpeg.mp3"
  [ ! -f "$dir/$p/ffmpeg.mp3" ] || { head -c 4096 /dev/zero >z4096; join $p/padded-with-zeros.mp3 "$dir/$p/ffmpeg.mp3" z4096; }
}

waves() {
  local w=audio/wav c
  for c in pcm_u8 pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_f64le pcm_alaw pcm_mulaw adpcm_ms adpcm_ima_wav libmp3lame; do
    ff $w/ffmpeg-${c/libmp3lame/mp3}.wav -i tone.wav -c:a $c
  done
  ff $w/ffmpeg-6-channels.wav -i tone.wav -ac 6
  ff $w/ffmpeg-broadcast.wav -i tone.wav -write_bext 1 -metadata description=desc -metadata originator=me
  ff $w/ffmpeg-tagged.wav -i tone.wav -metadata title=Tone -metadata artist=me -metadata comment=note
  ff $w/ffmpeg-peak.wav -i tone.wav -write_peak on
  ff unsure/ffmpeg-rf64.wav -i tone.wav -rf64 always
  into $w/ffmpeg-of-unknown-size.wav ffmpeg -v error -i tone.wav -f wav -
  if have sox; then
    run $w/sox.wav sox tone.wav -b 16 @
    run $w/sox-mono-8000.wav sox tone.wav -r 8000 -c 1 -e a-law @
    run $w/sox-gsm.wav sox tone.wav -r 8000 -c 1 -e gsm-full-rate @
    run $w/sox-comment.wav sox tone.wav --add-comment 'a note' @
    into $w/sox-through-a-pipe.wav sox tone.wav -t wav -
    run $w/sox-no-samples.wav sox tone.wav @ trim 0 0
  fi
}

oggs() {
  local o=audio/ogg v=video/ogg
  ff $o/ffmpeg-vorbis.ogg -i tone.wav -c:a libvorbis
  ff $o/ffmpeg-opus.opus -i tone.wav -c:a libopus
  ff $o/ffmpeg-flac.oga -i tone.wav -c:a flac -f ogg
  ff $o/ffmpeg-tagged.ogg -i tone.wav -c:a libvorbis -metadata title=T -metadata comment="$(head -c 9000 text.txt)"
  ff $o/ffmpeg-short-pages.ogg -i tone.wav -c:a libvorbis -page_duration 20000
  if have oggenc; then
    run $o/oggenc.ogg oggenc -Q -o @ tone.wav
    run $o/oggenc-low.ogg oggenc -Q -q -1 --downmix -o @ tone.wav
  fi
  if have opusenc; then
    run $o/opusenc.opus opusenc --quiet tone.wav @
    run $o/opusenc-cover.opus opusenc --quiet --picture thumb.jpg --title t tone.wav @
    run $o/opusenc-speech.ogg opusenc --quiet --bitrate 16 --framesize 60 tone.wav @
  fi
  [ ! -f "$dir/$o/oggenc.ogg" ] || join $o/chained.ogg "$dir/$o/oggenc.ogg" "$dir/$o/oggenc-low.ogg"
  ff $v/ffmpeg-theora.ogv -i clip.mp4 -c:v libtheora -c:a libvorbis
  ff $v/ffmpeg-theora-no-sound.ogv -i clip.mp4 -c:v libtheora -an
  ff $v/ffmpeg-theora-opus.ogv -i clip.mp4 -c:v libtheora -c:a libopus
  ff $v/ffmpeg-theora-tagged.ogg -i clip.mp4 -c:v libtheora -c:a libvorbis -metadata title=T
  ff $v/ffmpeg-vp8.ogv -i clip.mp4 -c:v libvpx -deadline realtime -cpu-used 8 -an -f ogg
}

# copies are files of one kind that go by two types.
copies() {
  local f
  mkdir -p "$dir/audio/x-m4a"
  for f in "$dir"/audio/mp4/*.m4a; do [ ! -f "$f" ] || cp "$f" "$dir/audio/x-m4a/"; done
}
