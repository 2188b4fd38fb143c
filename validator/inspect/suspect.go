package inspect

import (
	"path"
	"strings"
)

// What is suspect wherever it is met: names, addresses, and (suspectbytes.go) markup and first bytes. Each
// is said here once; which of the kinds a family takes is the family's own rule.

// programKind says how a file of a name runs. They are bits, so that a family can ask for several.
type programKind uint8

const (
	runsOpened  programKind = 1 << iota // by a double click
	runsSource                          // too, but archives of sources hold such files, and names of hosts end so
	runsAsked                           // when a shell or an interpreter is asked to
	runsLibrary                         // when a program, a browser or Java loads it
	runsServed                          // when a server or a browser is asked for it
	runsMacros                          // as a document that may have macros
	opensVolume                         // not, but it opens as a disk, and what is in it runs

	runsSomehow = runsOpened | runsSource | runsAsked | runsLibrary | runsServed | runsMacros | opensVolume
)

// programs are the extensions of what runs: Windows' PATHEXT, its attachments of high risk (KB 883260),
// what Outlook blocks, and what macOS and the desktops of Linux run by a double click.
var programs = kindsOf(map[programKind]string{
	runsOpened: `exe scr pif cpl msi msp mst msc msix msixbundle appx appxbundle appinstaller application appref-ms gadget
		hta vbs vbe jse wsf wsh ws wsc sct lnk url scf website diagcab diagcfg diagpkg jnlp
		settingcontent-ms library-ms search-ms searchconnector-ms theme themepack desktopthemepack xll xla job reg inf ins isp its
		chm hlp prf msh msh1 msh2 mshxml msh1xml msh2xml iqy oqy rqy dqy slk rdp one onepkg xbap air
		shs shb prg vbp pcd fxp grp mad ahk au3 xpi crx vsix oxt mam maf xnk vsmacros vsw udl wcx ops contact
		app command workflow action terminal tool scpt scptd inetloc fileloc webloc prefpane kext mobileconfig
		wsb ppkg pkg mpkg desktop run deb rpm apk ipa appimage flatpakref`,
	runsSource:  `com bat cmd ps1 js jar pyw pyzw`,
	runsAsked:   `ps1xml ps2 ps2xml psc1 psc2 psm1 psd1 mjs cjs sh bash csh ksh zsh fish py pyz pyc rb pl`,
	runsLibrary: `dll sys ocx drv ax class swf so dylib wasm dex node`,
	runsServed:  `php php3 php4 php5 php7 php8 phtml pht phar phps jsp jspx jspf asp aspx asa ashx asmx ascx cer cgi shtml shtm stm cfm cfc htaccess`,
	runsMacros:  `docm dotm xlsm xltm xlam xlsb pptm ppsm potm ppam sldm ppa wll wiz mde ade accde mdb accdb`,
	opensVolume: `iso img vhd vhdx dmg udf wim`,
})

func kindsOf(lists map[programKind]string) map[string]programKind {
	kinds := map[string]programKind{}
	for kind, words := range lists {
		for w := range strings.FieldsSeq(words) {
			kinds[w] |= kind
		}
	}
	return kinds
}

// runsByExtension says how a file of this name runs, as Windows and people read it: without what can't
// be seen, and without the dots and spaces behind it. 0: it does not.
func runsByExtension(name string) programKind {
	_, ext := cutExtension(seenName(name))
	if isClass(ext) {
		return runsOpened
	}
	return programs[ext]
}

// isClass tells an extension that is the number of a class, by which Windows opens the file whatever else
// it is called: {3050f4d8-98b5-11cf-bb82-00aa00bdce0b} is that of .hta. It hides such extensions.
func isClass(ext string) bool {
	if len(ext) != len("{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}") || ext[0] != '{' || ext[len(ext)-1] != '}' {
		return false
	}
	return strings.Trim(ext[1:len(ext)-1], "0123456789abcdef-") == ""
}

// pageExtensions are those of what a browser or Word would show as a page, if it lay alone.
var pageExtensions = wordSet("html htm xht xhtml xhtm mht mhtml hta rtf svg svgz")

// runsInDocument tells whether a part or an object of a document that is called so is a program or a script:
// no honest document has one.
func runsInDocument(name string) bool {
	return runsByExtension(name)&(runsOpened|runsSource|runsAsked|runsLibrary|runsServed) != 0
}

// isPageByExtension tells whether a file of this name is a page.
func isPageByExtension(name string) bool {
	_, ext := cutExtension(seenName(name))
	return pageExtensions[ext]
}

// seenName is the last part of a path as people see it, in lower case: without what leaves no mark on
// the screen, and without the dots that Windows drops at its end.
func seenName(name string) string {
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	return strings.TrimRight(strings.ToLower(withoutBlanks(name)), ".")
}

// dangerousSchemes are those of addresses by which something runs, or which hand a program an order. ms-
// and its like are the orders of Windows' own programs (ms-msdt ran programs, CVE-2022-30190; search-ms
// opens a share).
var dangerousSchemes = wordSet(`javascript vbscript vbs livescript jscript ecmascript script mocha
	search search-ms shell mhtml x-usc mk its res hcp help ldap wscript macro jar
	vnd.sun.star.script vnd.sun.star.command vnd.sun.star.cmd vnd.sun.star.systemexecute vnd.sun.star.popup vnd.sun.star.configuration
	vnd.sun.star.webdav vnd.sun.star.webdavs vnd.sun.star.pkg vnd.sun.star.zip vnd.sun.star.tdoc vnd.sun.star.expand vnd.sun.star.hier vnd.sun.star.uno vnd.ms.wmhtml slot .uno service moz-icon cmd powershell`)

// ordersOfOffice are those of ms- that documents of Office honestly lead to: pages of the settings or of a
// store, and documents on SharePoint (Office URI Schemes). Elsewhere they are as dangerous as the others.
var ordersOfOffice = wordSet(`ms-settings ms-windows-store ms-people ms-clock ms-calculator ms-photos ms-availablenetworks
	ms-word ms-excel ms-powerpoint ms-visio ms-access ms-project ms-publisher ms-spd ms-infopath`)

// localSchemes are those by which a link reads files of whose computer it is clicked on, or of a share, or
// that hide another.
var localSchemes = wordSet("data file blob filesystem view-source wyciwyg resource chrome feed afp smb nfs cifs dav davs")

// dangerousAddress is what in an address would run something; "" if nothing. It reads as the most
// lenient of those who follow it: without controls and blanks, with percent signs decoded.
func dangerousAddress(address string) string {
	scheme, rest := addressScheme(address)
	switch {
	case scheme == "":
		return ""
	case dangerousSchemes[scheme], strings.HasPrefix(scheme, "vnd.libreoffice."), strings.HasPrefix(scheme, "vnd.openoffice."): // CVE-2022-3140
		return scheme + ":"
	case strings.HasPrefix(scheme, "ms-"):
		return scheme + ":"
	case scheme == "data":
		return runsAsData(rest)
	case scheme == "view-source", scheme == "feed", scheme == "filesystem", scheme == "url": // in front of another
		return dangerousAddress(rest)
	}
	return ""
}

// runsAsData is the type of a data: address that a browser runs or that may hold what it runs.
func runsAsData(rest string) string {
	kind, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(rest, "/")), ",")
	kind, _, _ = strings.Cut(kind, ";")
	for _, runs := range []string{"text/html", "image/svg", "xhtml", "xml", "javascript", "ecmascript", "vbscript", "multipart/", "message/", "text/x-"} {
		if strings.Contains(kind, runs) {
			return "data:" + runs
		}
	}
	return ""
}

// addressScheme cuts the scheme off an address, in lower case: of what is read at most, since what stands
// between its letters may be of any length. Without a scheme it is "".
func addressScheme(address string) (scheme, rest string) {
	var out []byte
	for i := 0; i < len(address); i++ {
		c := address[i]
		width := 0
		if c == '%' && i+2 < len(address) {
			if hi, lo := unhex(address[i+1]), unhex(address[i+2]); hi >= 0 && lo >= 0 {
				c, width = byte(hi<<4|lo), 2
			}
		}
		switch {
		case c <= ' ' || c == 0x7f || c == 0xc2 && strings.HasPrefix(address[i:], "\u00a0") || c == 0xa0:
		case c == ':':
			if len(out) < 2 { // a drive
				return "", address
			}
			return string(out), address[i+width+1:]
		case c == '/' || c == '\\' || c == '?' || c == '#' || len(out) == longestScheme:
			return "", address
		default:
			out = append(out, lower(c))
		}
		i += width
	}
	return "", address
}

func unhex(c byte) int {
	switch c = lower(c); {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
