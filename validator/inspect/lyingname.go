package inspect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What people take for harmless, and of it what they open without a thought.
var (
	looksHarmless = wordSet(`pdf doc docx docm xls xlsx xlsm ppt pptx rtf odt ods odp txt csv md log epub msg eml dwg psd
		jpg jpeg png gif bmp tif tiff heic webp mp3 mp4 m4a m4v mov avi mkv wav webm flac ogg wmv mpg mpeg`)
	asDocument = wordSet("pdf doc docx xls xlsx ppt pptx jpg jpeg")
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// mostBlanks is how many blanks may stand in a row in a program's name: more push its extension out of
// what a list of files shows.
const mostBlanks = 7

// lyingName says how the name of an archive's entry deceives who reads it: it shows the extension of a
// document, and runs. Scripts are in every archive of sources, so that only the worst pairs are refused;
// what takes no room on the screen parts no pair.
func lyingName(name string) string {
	if name == "" || name[len(name)-1] == '/' || name[len(name)-1] == '\\' {
		return ""
	}
	base := name[strings.LastIndexAny(name, "/\\")+1:]
	stem, ext := cutExtension(seenName(name))
	kind := runsByExtension(name)
	if kind&(runsOpened|runsSource|opensVolume) == 0 {
		return ""
	}
	onWindows := kind&(runsOpened|runsSource) != 0 && ext != "js" && ext != "jar"
	if onWindows && (longestBlank(base) > mostBlanks || isStream(stem, ext)) {
		return lies
	}
	_, before := cutExtension(trimmedStem(stem))
	folders := strings.Count(name, "/") + strings.Count(name, "\\")
	switch {
	case kind&runsOpened != 0 && looksHarmless[before]:
	case !asDocument[before]:
		return ""
	case ext == "js" && folders > 1:
		return ""
	case ext == "jar" && strings.Count(stem, ".") > 1: // a library of Java's is called by what is in it: org.example.pdf.jar
		return ""
	}
	return lies
}

// isStream tells whether a program is a stream behind another file (NTFS). Names of what Windows does not
// run may hold a colon: times do, and the epochs of Debian's packages.
func isStream(stem, ext string) bool {
	file, _, ok := strings.Cut(stem, ":")
	_, of := cutExtension(file)
	return ok && (streams[ext] || strings.Trim(of, "0123456789") != "")
}

var streams = wordSet("exe scr pif vbs vbe jse wsf wsh hta cpl msi lnk url com bat cmd ps1")

// asDots are signs that look like the dot before an extension.
var asDots = strings.NewReplacer("\uff0e", ".", "\u2024", ".", "\u3002", ".", "\uff61", ".", "\u2027", ".", "\ua4f8", ".", "\ufe52", ".",
	"\uff08", "(", "\uff09", ")")

// trimmedStem is without what stands between two extensions to part them: any signs, as dashes and
// ellipses, or a number in brackets as browsers add to a second download.
func trimmedStem(stem string) string {
	stem = asDots.Replace(stem)
	for {
		trimmed := strings.TrimRightFunc(stem, func(r rune) bool {
			return r < utf8.RuneSelf && strings.ContainsRune("_-.~+=!,;'", r) || r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})
		if n := len(trimmed); n > 0 && (trimmed[n-1] == ')' || trimmed[n-1] == ']') {
			if i := strings.LastIndexAny(trimmed, "(["); i >= 0 && n-i <= 5 {
				trimmed = trimmed[:i]
			}
		}
		if trimmed == stem {
			return stem
		}
		stem = trimmed
	}
}

const lies = "looks like a document and is a program"
