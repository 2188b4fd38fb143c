package inspect

import "slices"

// pdfKey is what a name means as a key of a dictionary.
type pdfKey uint8

const (
	pdfNoKey     pdfKey = iota // a key comes next
	pdfFileKey                 // F and its kin: a file's name, or an embedded file
	pdfLinkKey                 // an address
	pdfActionKey               // S
	pdfMatrixKey
	pdfBaseKey // what PDFium puts before addresses that have no scheme

	pdfOtherKey // strings behind this and the next ones are not looked at
	pdfTreeKey  // the parts of a name tree
	pdfResourceKey
	pdfTypeKey
	pdfFilterKey
	pdfParmsKey
	pdfLengthKey
	pdfLengthAsLKey
	pdfFirstKey
	pdfNKey
	pdfEFKey
	pdfEncryptKey
	pdfRootKey
	pdfWKey
	pdfLinearizedKey
	pdfMoreKey // other files (LibreOffice's hybrid documents)
	pdfOPIKey  // for print shops: where the large picture lies
	pdfRefKey
	pdfPredictorKey
	pdfColorsKey
	pdfBitsKey
	pdfColumnsKey
	pdfEarlyKey
	pdfPackedName // ObjStm, which is no key

	pdfJSKey // the names of these may be harmless
	pdfJavaScriptKey
	pdfXFAKey
)

// pdfShortKeys are the keys of one letter.
var pdfShortKeys = func() (keys [256]pdfKey) {
	for i := range keys {
		keys[i] = pdfOtherKey
	}
	keys['F'], keys['S'], keys['L'], keys['N'], keys['W'] = pdfFileKey, pdfActionKey, pdfLengthAsLKey, pdfNKey, pdfWKey
	return keys
}()

func pdfKeyOf(name []byte) pdfKey {
	if len(name) == 1 {
		return pdfShortKeys[name[0]]
	}
	switch string(name) {
	case "UF", "DOS", "Mac", "Unix":
		return pdfFileKey
	case "URI", "URL":
		return pdfLinkKey
	case "Base":
		return pdfBaseKey
	case "Names", "Kids", "Limits":
		return pdfTreeKey
	case "Font", "XObject", "ExtGState", "ColorSpace", "Pattern", "Shading", "Properties", "Dests", "CharProcs", "Colorants", "ClassMap":
		return pdfResourceKey
	case "Type":
		return pdfTypeKey
	case "FontMatrix":
		return pdfMatrixKey
	case "Filter":
		return pdfFilterKey
	case "DecodeParms", "DP":
		return pdfParmsKey
	case "Length":
		return pdfLengthKey
	case "First":
		return pdfFirstKey
	case "EF":
		return pdfEFKey
	}
	return pdfRareKey(name)
}

func pdfRareKey(name []byte) pdfKey {
	switch string(name) {
	case "Encrypt":
		return pdfEncryptKey
	case "Root":
		return pdfRootKey
	case "JS":
		return pdfJSKey
	case "JavaScript":
		return pdfJavaScriptKey
	case "XFA":
		return pdfXFAKey
	case "Linearized":
		return pdfLinearizedKey
	case "AdditionalStreams":
		return pdfMoreKey
	case "1.3", "2.0":
		return pdfOPIKey
	case "Ref":
		return pdfRefKey
	case "ObjStm":
		return pdfPackedName
	}
	return pdfKeyOfParms(name)
}

func pdfKeyOfParms(name []byte) pdfKey {
	switch string(name) {
	case "Predictor":
		return pdfPredictorKey
	case "Colors":
		return pdfColorsKey
	case "BitsPerComponent":
		return pdfBitsKey
	case "Columns":
		return pdfColumnsKey
	case "EarlyChange":
		return pdfEarlyKey
	}
	return pdfOtherKey
}

// pdfKeys is a set of keys.
type pdfKeys uint64

func (k pdfKeys) has(key pdfKey) bool { return k&(1<<key) != 0 }

// pdfDict is what is kept of one dictionary. Of what stands twice the hostile one counts, since
// readers differ in which they take.
type pdfDict struct {
	kind             string // Type, where it is one that matters
	filters          []string
	parms            []pdfParms
	length, first, n int64 // -1: none, or a reference
	lengthAt         int64 // the object that Length refers to; 0: none
	filterAt         int64
	parmsAt          int64
	keys             pdfKeys
	names            pdfKeys  // the keys, and values that are spelled so: readers differ in which is which
	refs             []int64  // what file keys refer to
	file             *pdfText // of its file keys the one that matters most; nil: none is a string
	predictor        pdfParms
	data             int64 // of a stream: where they begin
	clean            bool  // of a stream: nothing in it has no meaning
	unclear          bool  // readers differ in how it is unpacked
	filterList       bool  // Filter is an array
	parmsList        bool  // DecodeParms is one
	filled           bool  // it is no empty name tree
}

// pdfParms is a filter's DecodeParms.
type pdfParms struct{ predictor, colors, bits, columns, early int64 }

// pdfNoParms are what is left out.
var pdfNoParms = pdfParms{1, 1, 8, 1, 1}

// pdfFilters is how many filters a stream may have; honest ones have two.
const pdfFilters = 8

func (d *pdfDict) filter(name []byte) {
	if len(d.filters) < pdfFilters {
		d.filters = append(d.filters, string(name[:min(len(name), 32)])) // the longest that is known has 14
	} else {
		d.unclear = true
	}
}

// sees notes a key. What says how to unpack and stands twice can't be told: readers differ. F may be a
// filter's short name (as pdf.js takes it) or a file that the data are in.
func (d *pdfDict) sees(key pdfKey) {
	switch key {
	case pdfFilterKey, pdfParmsKey, pdfFirstKey, pdfPredictorKey, pdfColorsKey, pdfBitsKey, pdfColumnsKey, pdfEarlyKey:
		d.unclear = d.unclear || d.keys.has(key)
	}
	if key != pdfTreeKey {
		d.filled = true
	}
	d.keys |= 1 << key
}

// packs tells whether a stream with these names may hold objects: PDFium goes by the type, pdf.js by
// First and N.
func (k pdfKeys) packs() bool {
	return k.has(pdfPackedName) || k.has(pdfFirstKey) && k.has(pdfNKey)
}

// set takes a value that is no container.
func (d *pdfDict) set(key pdfKey, t pdfToken, c *pdfCursor) {
	n := int64(-1)
	if t == pdfNumber {
		n = c.number
	}
	switch key {
	case pdfTypeKey:
		d.typed(t, c.value)
	case pdfFilterKey:
		if t == pdfName {
			d.filter(c.value)
		}
	case pdfFileKey: // to pdf.js, names there are filters
		d.unclear = d.unclear || t == pdfName
	case pdfLengthKey:
		d.length = n
	case pdfLengthAsLKey:
		if d.length < 0 {
			d.length = n
		}
	case pdfFirstKey:
		d.first = n
	case pdfNKey:
		d.n = n
	case pdfPredictorKey:
		d.predictor.predictor = n
	case pdfColorsKey:
		d.predictor.colors = n
	case pdfBitsKey:
		d.predictor.bits = n
	case pdfColumnsKey:
		d.predictor.columns = n
	case pdfEarlyKey:
		d.predictor.early = n
	}
	d.filled = true
}

// typed takes the value of Type, where of two the one that matters stays.
func (d *pdfDict) typed(t pdfToken, value []byte) {
	if t != pdfName || d.kind == "ObjStm" || d.kind == "EmbeddedFile" || d.kind == "XRef" {
		return
	}
	switch string(value) {
	case "ObjStm":
		d.kind = "ObjStm"
	case "EmbeddedFile":
		d.kind = "EmbeddedFile"
	case "XRef":
		d.kind = "XRef"
	case "OPI":
		d.kind = "OPI"
	}
}

// takes takes a name of a file.
func (d *pdfDict) takes(t pdfText) {
	if d.file == nil {
		d.file = &t
		return
	}
	d.file.worse(t)
}

// misfits tells parameters that some readers take and others don't: an array for one filter, or one for an
// array of filters.
func (d *pdfDict) misfits() bool {
	return d.filterList != d.parmsList && slices.ContainsFunc(d.parms, func(p pdfParms) bool {
		return p.predictor > 1 || p.predictor < 0 || p.early != 1
	})
}

// refers makes the value of key a reference to object n.
func (d *pdfDict) refers(key pdfKey, n int64) {
	switch key {
	case pdfLengthKey:
		d.length, d.lengthAt = -1, n
	case pdfFirstKey:
		d.first, d.unclear = -1, true
	case pdfNKey:
		d.n = -1
	case pdfFilterKey:
		d.filterAt = n
	case pdfParmsKey:
		d.parmsAt = n
	case pdfPredictorKey, pdfColorsKey, pdfBitsKey, pdfColumnsKey, pdfEarlyKey:
		d.predictor.predictor = -1
	}
}
