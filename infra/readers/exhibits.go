package readers

import "slices"

// exhibit is a hostile file that airlock rejects, and who must see what in it: each reader must show
// that it is not blind.
type exhibit struct {
	name, kind, text string
	by               string // readers, as words
	saw              string // the kind of what they saw
}

func known() []exhibit { return slices.Concat(knownSVGs(), knownXMLs(), knownPDFs()) }

func knownSVGs() (all []exhibit) {
	drawing := func(name, inside, saw string) {
		all = append(all, exhibit{"known-" + name + ".svg", svg,
			`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">` + inside + `</svg>`, "chromium", saw})
	}
	drawing("script", `<script>window.x=1</script>`, "script")
	drawing("broken-script", `<script>1(</script>`, "script")
	drawing("handler", `<rect width="9" height="9" onclick="window.x=1"/>`, "script")
	drawing("onerror", `<image href="a.png" onerror="window.x=1"/>`, "script")
	drawing("link-that-runs", `<a href="javascript:window.x=1"><text y="9">x</text></a>`, "script")
	drawing("link-that-runs-later", `<a><set attributeName="href" to="javascript:alert(1)"/><text y="9">x</text></a>`, "script")
	drawing("link-to-a-program", `<a href="ms-word:ofe|u|http://192.0.2.1/a"><text y="9">x</text></a>`, "link")
	drawing("picture", `<image href="http://192.0.2.1/a.png" width="9" height="9"/>`, "picture")
	drawing("picture-over-tls", `<image href="https://192.0.2.1/a.png" width="9" height="9"/>`, "picture")
	drawing("picture-above", `<image href="/a.png" width="9" height="9"/>`, "picture")
	drawing("import", `<style>@import url(//192.0.2.1/a.css);</style>`, "colours")
	drawing("frame", `<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="http://192.0.2.1/"/></foreignObject>`, "fetch")
	html := func(name, inside, saw string) {
		drawing(name, `<foreignObject width="9" height="9"><body xmlns="http://www.w3.org/1999/xhtml">`+inside+`</body></foreignObject>`, saw)
	}
	html("frame-of-its-own-text", `<iframe srcdoc="&lt;script>window.x=1&lt;/script>"/>`, "script")
	html("frame-of-data", `<iframe src="data:text/html,&lt;script>window.x=1&lt;/script>"/>`, "script")
	html("object-of-data", `<object data="data:image/svg+xml,&lt;svg xmlns='http://www.w3.org/2000/svg'>&lt;script>window.x=1&lt;/script>&lt;/svg>"/>`, "script")
	html("embedded", `<embed src="http://192.0.2.1/a"/>`, "fetch")
	html("module", `<script type="module">window.x=1</script>`, "script")
	html("link-elsewhere-by-ping", `<a href="#a" ping="http://192.0.2.1/">x</a>`, "fetch")
	html("details", `<details open="" ontoggle="window.x=1">x</details>`, "script")
	html("link-that-opens-another-page", `<a href="javascript:window.x=1" target="_blank">x</a>`, "script")
	html("prefetch", `<link rel="prefetch" href="http://192.0.2.1/a"/>`, "fetch")
	drawing("refresh", `<meta xmlns="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0;url=http://192.0.2.1/"/>`, "opens")
	drawing("form", `<foreignObject width="9" height="9"><form xmlns="http://www.w3.org/1999/xhtml" action="javascript:alert(1)"><button>x</button></form></foreignObject>`, "script")
	return all
}

func knownXMLs() (all []exhibit) {
	document := func(name, text, by, saw string) {
		all = append(all, exhibit{"known-" + name + ".xml", xml, text, by, saw})
	}
	document("file", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>`, "java", "disclosed")
	document("file-as-type", `<!DOCTYPE a SYSTEM "file:///etc/a.dtd"><a/>`, "java", "disclosed")
	document("file-by-parameter", `<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname">%p;]><a/>`, "java", "disclosed")
	document("address", `<!DOCTYPE a [<!ENTITY x SYSTEM "http://192.0.2.1/x">]><a>&x;</a>`, "java", "fetch")
	document("address-over-tls", `<!DOCTYPE a SYSTEM "https://192.0.2.1/x"><a/>`, "java", "fetch")
	document("host-of-files", `<!DOCTYPE a SYSTEM "file://192.0.2.1/x"><a/>`, "java", "fetch")
	document("included", `<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/hostname" parse="text"/></a>`, "libxml2", "disclosed")
	document("included-by-base", `<a xmlns:i="http://www.w3.org/2001/XInclude" xml:base="file:///etc/"><i:include href="passwd" parse="text"/></a>`, "libxml2", "disclosed")
	document("included-document", `<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="http://192.0.2.1/x"/></a>`, "libxml2", "load")
	document("its-own-secret", `<a>`+secret+`</a>`, "libxml2 python java", "disclosed") // Python's read nothing; so it shows that they would tell
	document("script", `<a><script xmlns="http://www.w3.org/1999/xhtml">1+1</script></a>`, "chromium", "script")
	document("style-sheet", `<?xml-stylesheet type="text/xsl" href="/x.xsl"?><a/>`, "chromium", "script")
	return all
}

func knownPDFs() (all []exhibit) {
	pages := func(name, by, saw, catalog, page string, more ...string) {
		all = append(all, exhibit{"known-" + name + ".pdf", pdf, onePage(catalog, page, more...), by, saw})
	}
	const js = `<</S /JavaScript /JS (app.alert\(1\))>>`
	link := func(action string) string {
		return `/Annots [<</Type /Annot /Subtype /Link /Rect [0 0 612 792] /A ` + action + `>>]`
	}
	pages("script-in-names", "pdfium pdfjs viewer", "script", `/Names <</JavaScript <</Names [(a) 5 0 R]>>>>`, "", js)
	pages("script-on-open", "pdfjs viewer", "script", `/OpenAction 5 0 R`, "", js)
	pages("script-of-the-document", "pdfjs", "script", `/AA <</WC 5 0 R>>`, "", js)
	pages("script-of-a-page", "pdfjs", "script", "", `/AA <</O 5 0 R>>`, js)
	pages("script-of-a-button", "viewer", "script", `/AcroForm <</Fields [5 0 R]>>`, `/Annots [5 0 R]`,
		`<</Type /Annot /Subtype /Widget /FT /Btn /Ff 65536 /T (a) /F 4 /Rect [0 0 612 792] /MK <</CA (x)>> /A `+js+`>>`)
	pages("script-of-a-field", "pdfium pdfjs", "script", `/AcroForm <</Fields [5 0 R]>>`, `/Annots [5 0 R]`,
		`<</Type /Annot /Subtype /Widget /FT /Tx /T (a) /Rect [0 0 612 792] /AA <</K `+js+` /F `+js+`>>>>`)
	pages("program", "pdfium", "action", "", link(`<</S /Launch /F (a.exe)>>`))
	pages("program-pdfjs", "pdfjs", "link", "", link(`<</S /Launch /F (file:///a.exe)>>`))
	pages("program-of-a-bookmark", "pdfium", "action", `/Outlines 5 0 R`, "", `<</Type /Outlines /First 6 0 R /Last 6 0 R>>`, `<</Title (a) /Parent 5 0 R /A <</S /Launch /F (a.exe)>>>>`)
	pages("another-computer", "pdfium", "remote", "", link(`<</S /GoToR /D [0 /Fit] /F (\\\\192.0.2.1\\a.pdf)>>`))
	pages("another-computer-pdfjs", "pdfjs", "link", "", link(`<</S /GoToR /D [0 /Fit] /F (file://192.0.2.1/a.pdf)>>`))
	pages("embedded", "pdfium", "action", "", link(`<</S /GoToE /D [0 /Fit] /T <</R /C /N (a)>>>>`))
	pages("link-that-runs", "pdfium pdfjs", "link", "", link(`<</S /URI /URI (javascript:alert\(1\))>>`))
	pages("link-to-a-program", "pdfium pdfjs", "link", "", link(`<</S /URI /URI (ms-word:ofe|u|http://192.0.2.1/a)>>`))
	pages("attached-program", "pdfium pdfjs", "attachment", `/Names <</EmbeddedFiles <</Names [(a) 5 0 R]>>>>`, "",
		`<</Type /Filespec /F (a.exe) /UF (a.exe) /EF <</F 6 0 R>>>>`, "<</Type /EmbeddedFile /Length 1>>\nstream\nx\nendstream")
	return all
}
