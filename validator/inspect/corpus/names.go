package corpus

import (
	"maps"
	"slices"
	"strings"

	"airlock"
)

// nameCases are names that deceive who reads them, and honest ones that look a little like it: in zip, and
// some of them in tar and in a gzip's header.
func nameCases() []Case {
	var all []Case
	for _, what := range slices.Sorted(maps.Keys(lyingNames)) {
		all = append(all, zipCase("name-"+what, airlock.UnsafeArchive, two(zipPart{name: "first.txt", data: "x"}, zipPart{name: lyingNames[what], data: "x"})))
	}
	for _, what := range []string{"blanks-of-braille", "filler-of-hangul", "space-of-no-width-in-the-document", "of-an-app-installer"} {
		name := lyingNames[what]
		all = append(all,
			hostile(tarType, "tar-name-"+what+".tar", airlock.UnsafeArchive, raw(rawTar{name: "first", data: "x"}, rawTar{name: name, data: "x"})),
			hostile("application/gzip", "gzip-name-"+what+".gz", airlock.UnsafeArchive, func() []byte { return gzFlag(8, name+"\x00", prose(500)) }),
			hostile("application/gzip", "gzip-tgz-name-"+what+".tgz", airlock.UnsafeArchive, func() []byte { return gz("", rawTars(rawTar{name: name, data: "x"})) }))
	}
	var parts []zipPart
	var tars []rawTar
	for _, name := range plainNames {
		data := "x"
		if strings.HasSuffix(name, "/") {
			data = ""
		}
		parts = append(parts, zipPart{name: name, data: data})
		tars = append(tars, rawTar{name: name, data: data})
	}
	return append(all,
		zipCase("names-that-deceive-nobody", "", zipOf{parts: parts}),
		honest(tarType, "tar-names-that-deceive-nobody.tar", raw(tars...)),
		honest("application/gzip", "gzip-name-of-persian.gz", func() []byte {
			return gzFlag(8, "\u06af\u0632\u0627\u0631\u0634\u200c\u0647\u0627.pdf\x00", prose(500))
		}))
}

var lyingNames = map[string]string{
	"blanks-of-braille":                 "invoice.pdf" + strings.Repeat("\u2800", 12) + ".hta",
	"filler-of-hangul":                  "invoice.pdf" + strings.Repeat("\u3164", 8) + ".exe",
	"filler-of-choseong":                "invoice.pdf\u115f\u115f.exe",
	"filler-of-jungseong":               "x/invoice.docx\u1160.scr",
	"filler-of-half-width":              "photo.jpg\uffa0\uffa0\uffa0.pif",
	"space-of-no-width-in-the-document": "invoice.p\u200bdf.exe",
	"space-of-no-width-in-the-program":  "invoice.pdf.e\u200bxe",
	"hyphen-that-is-soft":               "invoice.p\u00addf.exe",
	"joiner-of-graphemes":               "invoice.pd\u034ff.exe",
	"selector-of-variants":              "invoice.pdf\ufe0f.exe",
	"selector-of-more-variants":         "invoice.pdf\U000e0101.exe",
	"separator-of-mongolian":            "invoice.pdf\u180e.exe",
	"joiner-of-words":                   "invoice.pdf\u2060\u2060.msi",
	"mark-of-byte-order":                "invoice.\ufeffpdf.exe",
	"letters-of-tags":                   "invoice.pdf\U000e0041\U000e0042.exe",
	"mark-of-direction":                 "invoice.pdf\u200e.exe",
	"space-of-ideographs":               "invoice.pdf\u3000\u3000.exe",
	"space-of-figures":                  "invoice.pdf\u2007\u2007.exe",
	"space-of-a-dos-charset":            "invoice.pdf\xff\xff\xff.exe",
	"space-of-latin-1":                  "invoice.pdf\xa0\xa0.exe",
	"blanks-behind":                     "invoice.pdf.exe\u2800",
	"blanks-and-dots-behind":            "invoice.pdf.exe. .",
	"blanks-before-the-extension":       "invoice" + strings.Repeat("\u2800", 20) + ".exe",
	"blanks-in-the-middle":              "invoice.pdf" + strings.Repeat(" ", 60) + "-.exe",
	"blanks-of-mixed-kinds":             "invoice" + strings.Repeat(" \u200b\u2003", 6) + ".com",
	"dashes-before-the-extension":       "invoice.pdf----------.exe",
	"of-nothing-seen":                   "\u3164",
	"of-nothing-seen-in-a-folder":       "docs/\u200b\u2800",
	"of-a-folder-that-is-not-seen":      "\u200b/invoice.txt",
	"of-an-app-installer":               "invoice.pdf.appinstaller",
	"of-a-console":                      "report.docx.msc",
	"of-settings":                       "report.docx.settingcontent-ms",
	"of-a-library":                      "photos.jpg.library-ms",
	"of-a-search":                       "invoice.pdf.search-ms",
	"of-a-remote-desktop":               "contract.pdf.rdp",
	"of-a-disk":                         "invoice.pdf.iso",
	"of-java":                           "invoice.pdf.jar",
	"of-a-registry":                     "invoice.txt.reg",
	"of-an-app-of-macos":                "invoice.pdf.command",
	"of-a-launcher-of-linux":            "invoice.pdf.desktop",
	"of-a-second-download":              "invoice.pdf (2).exe",
	"of-a-document-in-brackets":         "invoice.pdf [1]-.scr",
	"of-a-stream-behind-a-plain-name":   "notes:evil.exe",
	"of-a-stream-of-a-folder":           "docs::$INDEX_ALLOCATION/x.txt",
	"of-a-stream-with-a-name":           "a.txt:hidden:$DATA",
	"of-a-film":                         "holiday.webm.scr",
	"in-letters-of-mathematics":         "invoice.\U0001d429\U0001d41d\U0001d41f.exe",
	"in-a-letter-of-cyrillic":           "invoice.\u0440df.exe",
	"in-small-capitals":                 "invoice.\u1d18\u1d05\ua730.exe",
	"in-a-letter-with-a-mark":           "invoice.pd\u0301f.exe",
	"behind-a-dot-in-the-middle":        "invoice\u00b7pdf.exe",
	"of-python-without-a-window":        "invoice.pdf.pyw",
	"of-a-sandbox":                      "invoice.pdf.wsb",
	"of-a-package-of-settings":          "invoice.pdf.ppkg",
	"of-an-add-in-of-excel":             "invoice.pdf.xlam",
	"of-a-document-with-macros":         "invoice.pdf.docm",
	"of-a-picture-and-a-batch":          "photo.png.cmd",
	"of-a-text-and-a-batch":             "a.odt.cmd",
	"of-a-drawing":                      "a.svg.exe",
	"of-a-chart":                        "a.vsdx.exe",
	"of-a-script-in-a-folder":           "Invoice/invoice.pdf.js",
	"of-a-program-in-a-folder-of-tools": "src/invoice.pdf.exe",
	"of-a-stream-with-a-document":       "a.pdf:evil.exe",
}

// plainNames are honest, of people and programs that write them so.
var plainNames = []string{
	"\u06af\u0632\u0627\u0631\u0634\u200c\u0647\u0627.docx",              // Persian, which needs a joiner that does not join
	"\u0915\u094d\u200d\u0937.pdf",                                       // Hindi, with one that does
	"\U0001f468\u200d\U0001f469\u200d\U0001f467.png", "\u2764\ufe0f.jpg", // a family, a red heart
	"\u8cc7\u6599\u3000\u6700\u7d42.pdf", "Rapport\u00a0final.docx", "co\u00adop.txt", "\u05e9\u05dc\u05d5\u05dd\u200f.txt",
	"\ud55c\uae00 \ubb38\uc11c.hwp", "\u2801\u2803\u2809 braille.brf",
	"org.example.pdf.jar", "lib/com.example.reports.pdf.jar", "readme.txt.bat", "a/b/photo.jpg.js", "www.example.doc.example.com",
	"setup (1).exe", "My Program  2.exe", "tool_______.exe", "archive.tar.gz", "pdf.exe", "doc/pdf.exe", "pdf2doc.exe", "readme.exe.txt", "Setup.exe.config",
	"src/report.pdf.js", "jobs/convert.pdf.bat", "report.xls.xlsm", "col\u00b7lecci\u00f3.exe", "\u0434\u043e\u043a.exe", "img/logo.png.js", "notes.txt.cmd",
	"tests/__snapshots__/page.png.snap", "data.csv.mat", "Makefile.pdf.in", "gen.pdf.py", "build.doc.sh", "notes.md.swp", "index.html.url", "v1.0.exe", "x64/7z.exe", "lib/node:fs.js", "2024-01-01T12:30:00.img", "vim_2:9.1-1_amd64.deb", "a   table        of spaces.js",
	"a . b", "...", "- .txt", "12:30.log", "invoice.pdf.exe/", "image.iso", "disk.img", "backup.jpg.zip",
}
