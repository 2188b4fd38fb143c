package inspect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What people take for harmless, and of it what they open without a thought.
var (
	looksHarmless = wordSet(`pdf doc docx docm xls xlsx xlsm ppt pptx rtf odt ods odp txt csv md log epub msg eml dwg psd
		jpg jpeg png gif bmp tif tiff heic webp mp3 mp4 m4a m4v mov avi mkv wav webm flac ogg wmv mpg mpeg
		svg vsd vsdx dotx xltx potx jfif ico 3gp aac wps hwp hwpx xps`)
	asDocument = wordSet("pdf doc docx xls xlsx ppt pptx jpg jpeg")
	asFinished = wordSet("pdf jpg jpeg png gif") // from which no document with macros is made
)

// Of scripts. Those of shells are made for pictures less often than those of pages, which are built of them.
var (
	shellScripts  = wordSet("bat cmd com ps1")
	asNoSource    = wordSet("png gif webp heic odt ods odp rtf mp3 mp4 mov avi mkv")
	sourceFolders = wordSet("src lib libs dist build test tests spec scripts bin tools jobs vendor node_modules")
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
	if kind&(runsOpened|runsSource|runsMacros|opensVolume) == 0 {
		return ""
	}
	onWindows := kind&(runsOpened|runsSource) != 0 && ext != "js" && ext != "jar"
	if onWindows && (longestBlank(base) > mostBlanks || isStream(stem, ext)) {
		return lies
	}
	_, before := cutExtension(trimmedStem(stem))
	before = plainLetters(before)
	folders := strings.Count(name, "/") + strings.Count(name, "\\")
	switch {
	case kind&runsOpened != 0 && looksHarmless[before], kind&runsMacros != 0 && asFinished[before]:
	case kind&runsMacros != 0, !asDocument[before] && !(shellScripts[ext] && asNoSource[before]):
		return ""
	case ext == "js" && folders > 1, kind&runsSource != 0 && ext != "com" && ext != "jar" && amongSources(name):
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
var asDots = strings.NewReplacer("\uff0e", ".", "\u00b7", ".", "\u0387", ".", "\u22c5", ".", "\u2219", ".", "\u2024", ".", "\u3002", ".", "\uff61", ".", "\u2027", ".", "\ua4f8", ".", "\ufe52", ".",
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

// amongSources tells whether a file lies in a folder that is called as those of sources are.
func amongSources(name string) bool {
	parts := strings.FieldsFunc(strings.ToLower(name), isSeparator)
	return len(parts) > 1 && sourceFolders[parts[len(parts)-2]]
}

// plainLetters is s in the letters that people take its letters for: without marks, and those of other
// forms and alphabets.
func plainLetters(s string) string {
	if isASCII([]byte(s)) {
		return s
	}
	return asLatin.Replace(strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(lookalikes.Replace(s)))))
}

// asLatin are small letters of Cyrillic, Greek, Armenian and phonetic alphabets that look like Latin ones.
var asLatin = strings.NewReplacer("а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "х", "x", "ѕ", "s", "і", "i", "ј", "j", "ԁ", "d", "т", "t", "ո", "n",
	"ο", "o", "ρ", "p", "α", "a", "χ", "x", "ι", "i", "τ", "t", "ϲ", "c", "ε", "e", "օ", "o", "ց", "g", "ƒ", "f", "ı", "i", "ɡ", "g",
	"ᴘ", "p", "ᴅ", "d", "ꜰ", "f", "ᴏ", "o", "ᴄ", "c", "ʟ", "l", "ꜱ", "s", "ᴛ", "t", "ᴊ", "j", "ᴇ", "e", "ɢ", "g", "ɪ", "i", "ɴ", "n")

const lies = "looks like a document and is a program"
