package inspect

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Window is how many bytes of an object are read first: what inspectors read at once, so that one
// request suffices for most pictures and texts.
const Window = blockBytes

// sniffed is how many of them mimetype looks at.
const sniffed = 4096

// Sniff asks two independent sniffers what the bytes are (SECURITY VAL-7): mimetype, and our own
// look at the very first bytes, because mimetype finds "%PDF-" anywhere in the first 1024.
func Sniff(head []byte) (detected, magic string) {
	head = head[:min(len(head), sniffed)]
	return bareType(mimetype.Detect(head).String()), magicType(head)
}

// detectable lists, for each declared type, what mimetype honestly calls such files. It is
// explicit because mimetype's own relations mislead: text/plain is the Parent of HTML and
// JavaScript, zip of jar and apk, and Is drops parse errors (SECURITY "What mimetype alone does").
var detectable = map[string][]string{
	"image/png":     {"image/png", "image/apng", "image/vnd.mozilla.apng"},
	"image/apng":    {"image/apng", "image/vnd.mozilla.apng", "image/png"},
	"image/jpeg":    {"image/jpeg"},
	"image/gif":     {"image/gif"},
	"image/webp":    {"image/webp"},
	"image/avif":    {"image/avif", "image/heif", "image/heif-sequence", "video/mp4"},
	"image/heic":    {"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence", "video/mp4"},
	"image/heif":    {"image/heif", "image/heic", "image/heic-sequence", "image/heif-sequence", "image/avif", "video/mp4"},
	"image/svg+xml": {"image/svg+xml", "text/xml", "application/xml", "text/plain", "text/html", "text/csv"}, // a comment first, a prefix, a document type

	"application/pdf": {"application/pdf"},
	// mimetype reads the first headers of a zip archive and of a compound file within 4096 bytes, and
	// honest writers put other things there: what these files are is told by their inspectors.
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   zipTypes,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         zipTypes,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": zipTypes,
	"application/vnd.oasis.opendocument.text":                                   zipTypes,
	"application/vnd.oasis.opendocument.spreadsheet":                            zipTypes,
	"application/vnd.oasis.opendocument.presentation":                           zipTypes,
	"application/msword":            oleTypes,
	"application/vnd.ms-excel":      oleTypes,
	"application/vnd.ms-powerpoint": oleTypes,

	"application/zip":  zipTypes,
	"application/gzip": {"application/gzip"},
	// A tar whose first file is a PDF, too: mimetype finds its mark behind the header.
	"application/x-tar": {"application/x-tar", "application/pdf", "application/vnd.fdf"},

	// mimetype goes by a file's first brand alone: phones write 3gp4 into .mp4, Sony's cameras MSNV, and
	// sound in MPEG-4 has the brands of films. The inspector holds the tracks against the type.
	"video/mp4":       {"video/mp4", "video/x-m4v", "video/3gpp", "video/3gpp2", "audio/mp4", "audio/x-m4a", "video/quicktime", "video/vnd.dvb.file"},
	"video/x-m4v":     {"video/x-m4v", "video/mp4"},
	"video/quicktime": {"video/quicktime", "video/mp4"},
	"video/webm":      {"video/webm"},
	"audio/webm":      {"video/webm", "audio/webm"},
	"audio/mp4":       {"audio/mp4", "audio/x-m4a", "video/mp4", "video/3gpp", "video/3gpp2"},
	"audio/x-m4a":     {"audio/x-m4a", "audio/mp4", "video/mp4", "video/3gpp", "video/3gpp2"},
	"audio/mpeg":      {"audio/mpeg"},
	"audio/wav":       {"audio/wav", "application/octet-stream"}, // those above 4 GiB, which begin as RF64 or BW64
	"audio/ogg":       {"audio/ogg", "application/ogg", "video/ogg"},
	"video/ogg":       {"video/ogg", "application/ogg", "audio/ogg"},

	// Text has no magic: what a parser of another kind would run (HTML, scripts) has a name of its
	// own and is in none of these lists.
	//
	// text/html is in some all the same, and octet-stream: mimetype calls Markdown HTML that begins with
	// a heading's tag or a comment, and binary what has a backspace or a separator of Hive's. The
	// inspectors of these types read all of it and tell.
	"text/plain": {"text/plain", "text/csv", "text/tab-separated-values", "application/json", "application/geo+json", "application/x-ndjson",
		"model/gltf+json", "application/vnd.cyclonedx+json", "text/html", "application/octet-stream", "message/rfc822", "text/vtt",
		"application/x-subrip", "text/calendar", "text/vcard", "application/vnd.apple.mpegurl", "text/vnd.familysearch.gedcom"},
	"text/csv":                  {"text/csv", "text/plain", "text/tab-separated-values", "application/x-ndjson", "application/json", "application/octet-stream"},
	"text/tab-separated-values": {"text/tab-separated-values", "text/plain", "text/csv", "application/x-ndjson", "application/json", "application/octet-stream"},
	"application/json": {"application/json", "application/geo+json", "application/x-ndjson", "model/gltf+json", "application/vnd.cyclonedx+json",
		"text/plain", "text/csv", "text/tab-separated-values"},
	"application/xml": xmlNames,
	"text/xml":        xmlNames,
}

// xmlNames are what mimetype calls documents of XML: by the language they are in, where it knows it;
// text where a declaration is missing, HTML where a comment comes first.
var xmlNames = []string{"text/xml", "application/xml", "text/plain", "text/html", "text/csv", "image/svg+xml", "application/rss+xml", "application/atom+xml",
	"application/vnd.google-earth.kml+xml", "application/gpx+xml", "application/gml+xml", "application/x-xliff+xml", "model/x3d+xml",
	"model/vnd.collada+xml", "application/vnd.garmin.tcx+xml", "application/x-amf", "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
	"application/vnd.adobe.xfdf", "application/owl+xml", "application/vnd.cyclonedx+xml"}

var (
	oleTypes = []string{"application/x-ole-storage", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/vnd.ms-publisher"}
	zipTypes = append([]string{
		"application/zip",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation",
		"application/vnd.ms-visio.drawing.main+xml", "application/vnd.google-earth.kmz",
		"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.presentation",
		"application/java-archive", "application/vnd.android.package-archive",
	}, oleTypes...) // a document with a password is a compound file
)

// MayDetect tells whether honest files declared as declared are called detected by mimetype.
func MayDetect(declared, detected string) bool {
	return slices.Contains(detectable[declared], detected)
}

// magics are what files begin with, at offset 0 and nowhere else.
var magics = []struct {
	magic string // the name Fits knows it by
	is    func(head []byte) bool
}{
	{"png", prefix("\x89PNG\r\n\x1a\n")},
	{"jpeg", prefix("\xff\xd8\xff")},
	{"gif", func(b []byte) bool { return prefix("GIF87a")(b) || prefix("GIF89a")(b) }},
	{"webp", func(b []byte) bool { return prefix("RIFF")(b) && at(8, "WEBP")(b) }},
	{"wav", func(b []byte) bool {
		return (prefix("RIFF")(b) || prefix("RF64")(b) || prefix("BW64")(b)) && at(8, "WAVE")(b)
	}},
	{"iso", at(4, "ftyp")},
	{"pdf", prefix("%PDF-")},
	{"zip", prefix("PK\x03\x04")},
	{"zip", prefix("PK\x05\x06")}, // an empty archive
	{"gzip", prefix("\x1f\x8b\x08")},
	{"tar", at(257, "ustar")},
	{"ole", prefix("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
	{"ebml", prefix("\x1a\x45\xdf\xa3")},
	{"ogg", prefix("OggS")},
	{"", prefix("\xff\xfe")}, // the mark of UTF-16, which a frame of MPEG layer I may begin as too
	{"mp3", func(b []byte) bool {
		return prefix("ID3")(b) || len(b) > 1 && b[0] == 0xff && b[1]&0xe0 == 0xe0 && b[1]&0x06 != 0
	}},
	{"elf", prefix("\x7fELF")},
	{"exe", prefix("MZ")},
	{"script", prefix("#!")},
	{"tar", isTarHeader}, // of Unix V7, without "ustar"
	{"mov", func(b []byte) bool { // QuickTime before there was ftyp
		return len(b) > 8 && slices.Contains([]string{"moov", "mdat", "wide", "free", "skip", "pnot"}, string(b[4:8]))
	}},
}

func prefix(s string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(s)) }
}

func at(off int, s string) func([]byte) bool {
	return func(b []byte) bool { return len(b) > off && bytes.HasPrefix(b[off:], []byte(s)) }
}

func magicType(head []byte) string {
	for _, m := range magics {
		if m.is(head) {
			return m.magic
		}
	}
	return ""
}

// begins says with which magics files of a declared type begin, parted by spaces; types of text begin
// with none.
var begins = map[string]string{
	"image/png": "png", "image/apng": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/webp": "webp",
	"image/avif": "iso", "image/heic": "iso", "image/heif": "iso",
	"application/pdf": "pdf",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "zip ole",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "zip ole",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "zip ole",
	"application/vnd.oasis.opendocument.text":                                   "zip",
	"application/vnd.oasis.opendocument.spreadsheet":                            "zip",
	"application/vnd.oasis.opendocument.presentation":                           "zip",
	"application/msword": "ole", "application/vnd.ms-excel": "ole", "application/vnd.ms-powerpoint": "ole",
	"application/zip": "zip", "application/gzip": "gzip", "application/x-tar": "tar",
	"video/mp4": "iso", "video/x-m4v": "iso", "video/quicktime": "iso mov", "audio/mp4": "iso", "audio/x-m4a": "iso",
	"video/webm": "ebml", "audio/webm": "ebml", "audio/mpeg": "mp3", "audio/wav": "wav",
	"audio/ogg": "ogg", "video/ogg": "ogg",
}

// Fits tells whether files of a declared type begin with magic.
func Fits(declared, magic string) bool {
	if declared == "audio/mpeg" && magic == "" { // cut from a stream, it begins within a frame; its inspector finds the next
		return true
	}
	return begins[declared] == magic || magic != "" && slices.Contains(strings.Fields(begins[declared]), magic)
}

// bareType drops the parameters of a media type that is known to be well-formed.
func bareType(t string) string {
	bare, _, _ := strings.Cut(t, ";")
	return strings.TrimSpace(bare)
}
