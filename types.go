package airlock

import (
	"maps"
	"slices"
)

// KnownTypes are the media types that airlock can judge, each with the extensions that its files
// honestly carry, the canonical one first. Types that a browser would run as a page or a script
// (HTML, JavaScript, XHTML) are absent on purpose; SVG is a document of its own kind and never
// comes in by "image/" (SECURITY SIG-6).
var KnownTypes = map[string][]string{
	"image/png":     {"png", "apng"},
	"image/apng":    {"apng", "png"},
	"image/jpeg":    {"jpg", "jpeg", "jpe", "jfif"},
	"image/gif":     {"gif"},
	"image/webp":    {"webp"},
	"image/avif":    {"avif"},
	"image/heic":    {"heic", "heif"},
	"image/heif":    {"heif", "heic"},
	"image/svg+xml": {"svg"},

	"application/pdf": {"pdf"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {"docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {"xlsx"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {"pptx"},
	"application/vnd.oasis.opendocument.text":                                   {"odt"},
	"application/vnd.oasis.opendocument.spreadsheet":                            {"ods"},
	"application/vnd.oasis.opendocument.presentation":                           {"odp"},
	"application/msword":            {"doc"},
	"application/vnd.ms-excel":      {"xls"},
	"application/vnd.ms-powerpoint": {"ppt"},

	"application/zip":   {"zip"},
	"application/gzip":  {"gz", "tgz"},
	"application/x-tar": {"tar"},

	"video/mp4":       {"mp4", "m4v"},
	"video/x-m4v":     {"m4v"},
	"video/quicktime": {"mov", "qt"},
	"video/webm":      {"webm"},
	"audio/webm":      {"webm", "weba"},
	"audio/mp4":       {"m4a", "mp4"},
	"audio/x-m4a":     {"m4a"},
	"audio/mpeg":      {"mp3"},
	"audio/wav":       {"wav"},
	"audio/ogg":       {"ogg", "oga", "opus"},
	"video/ogg":       {"ogv", "ogg"},

	"text/plain":                {"txt", "text", "log", "md"},
	"text/csv":                  {"csv"},
	"text/tab-separated-values": {"tsv", "tab"},
	"application/json":          {"json"},
	"application/xml":           {"xml"},
	"text/xml":                  {"xml"},
}

// InlineTypes are the types that a browser may show in place: formats that it renders without
// running anything. All others are stored as attachment whatever the profile says (SECURITY VAL-8).
var InlineTypes = []string{
	"image/png", "image/apng", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/heic", "image/heif",
	"video/mp4", "video/webm", "video/quicktime", "video/ogg", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm",
	"application/pdf", "text/plain",
}

func knownTypeNames() []string { return slices.Sorted(maps.Keys(KnownTypes)) }

// TypeByExtension is the known type whose canonical extension is ext (lower case, without dot), or
// one that honestly carries it; "" if there is none.
func TypeByExtension(ext string) string {
	names := knownTypeNames()
	for _, t := range names {
		if KnownTypes[t][0] == ext {
			return t
		}
	}
	for _, t := range names {
		if slices.Contains(KnownTypes[t], ext) {
			return t
		}
	}
	return ""
}
