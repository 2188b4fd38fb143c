package inspect

import (
	"strings"
	"testing"
)

func TestHowFilesOfANameRun(t *testing.T) {
	for name, want := range map[string]programKind{
		"a.exe": runsOpened, "A.EXE": runsOpened, "a.exe. ": runsOpened, "x/y\\a.scr": runsOpened, "a.e\u200bxe": runsOpened, "a.e\ufe0fxe": runsOpened, "a.exe\u2800\u3164": runsOpened,
		"a.bat": runsSource, "example.com": runsSource, "a.sh": runsAsked, "a.dll": runsLibrary, "a.php": runsServed, "a.docm": runsMacros, "a.iso": opensVolume,
		"a.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}": runsOpened, "a.{b}": 0, "a.shs": runsOpened,
		"a.txt": 0, "exe": 0, ".exe": runsOpened, "a.exe/b.txt": 0, "": 0, "...": 0,
	} {
		if got := runsByExtension(name); got != want {
			t.Errorf("%q: %b, want %b", name, got, want)
		}
	}
	for ext, kind := range programs {
		if kind == 0 || kind&^runsSomehow != 0 || ext != strings.ToLower(ext) {
			t.Errorf("%q: %b", ext, kind)
		}
	}
	if !runsAsTag("Script") || !runsAsTag("foreignObject") || runsAsTag("path") {
		t.Error("elements that run are not told")
	}
	if !isPageByExtension("a.HTML") || isPageByExtension("a.docx") {
		t.Error("pages are not told by their names")
	}
}

func TestWhichAddressesAreDangerous(t *testing.T) {
	for address, want := range map[string]string{
		"javascript:x": "javascript:", " \x01java\tscript\n:x": "javascript:", "JAVASCRIPT:x": "javascript:", "%6aavascript:x": "javascript:", "javascript%3ax": "javascript:",
		"java\u00a0script:x": "javascript:", strings.Repeat(" ", 5000) + "vbscript:x": "vbscript:", "ms-msdt:/id": "ms-msdt:", "search-ms:query=x": "search-ms:", "ms-word:ofe|u|x": "ms-word:",
		"view-source:javascript:x": "javascript:", "data:text/html,x": "data:text/html", "data:;base64,x": "", "data:image/svg+xml;base64,x": "data:image/svg", "data:image/png;base64,x": "",
		"https://example.org/javascript:x": "", "vnd.libreoffice.command:x": "vnd.libreoffice.command:", "vnd.sun.star.script:x": "vnd.sun.star.script:", "mailto:a@example.org": "", "C:\\x": "", "c:/x": "", "#javascript:x": "", "a/b:c": "", "?a:b": "", "ms-settings:display": "ms-settings:", "": "", ":x": "",
	} {
		if got := dangerousAddress(address); got != want {
			t.Errorf("%.60q: %q, want %q", address, got, want)
		}
	}
}

func TestWhatBytesBeginAs(t *testing.T) {
	exe := "MZ" + strings.Repeat("\x00", 58) + "\x40\x00\x00\x00PE\x00\x00"
	for b, want := range map[string]string{
		exe: "a program", "\x7fELF\x02": "a program", "#!/bin/sh": "a script", "#! /usr/bin/env x": "a script", "MZ is a code of a country": "", "PK\x03\x04": "", "": "", "text": "",
	} {
		if got := beginsAsProgram([]byte(b)); got != want {
			t.Errorf("%.20q: %q, want %q", b, got, want)
		}
	}
	if beginsAsScript([]byte("\xef\xbb\xbf\r\n@ECHO off\r\n")) == "" || beginsAsScript([]byte("echo of the past")) != "" {
		t.Error("scripts are not told by how they begin")
	}
	if runningMarkup([]byte("a <?php x"), false) == "" || runningMarkup([]byte("<?=x"), false) != "" || runningMarkup([]byte("<?= x"), true) == "" {
		t.Error("markup that runs is not told")
	}
}
