package inspect

import "strings"

// runningFunctions are functions of spreadsheets that start programs or fetch what an address gives,
// to which they may send cells. Tables are exported with values in their place. Programs read them in
// their users' language.
var runningFunctions = map[string]bool{
	"DDE": true, "CALL": true, "EXEC": true, "REGISTER": true, "REGISTER.ID": true, "RTD": true, "SHELL": true,
	"WEBSERVICE": true, "IMPORTXML": true, "IMPORTDATA": true, "IMPORTHTML": true, "IMPORTFEED": true, "IMPORTRANGE": true, "SQL.REQUEST": true,
	"IMPORTTEXT": true, "IMPORTCSV": true,
	"WEBDIENST": true, "SERVICEWEB": true, "SERVICIOWEB": true, "SERVIZIO.WEB": true, "SERVIÇOWEB": true, "ВЕБСЛУЖБА": true, "WEBHİZMETİ": true,
	"AUFRUFEN": true, "FONCTION.APPELANTE": true, "RICHIAMA": true, "LLAMAR": true,
}

// commonWords are those of them that stand in texts before a bracket, too.
var commonWords = map[string]bool{
	"DDE": true, "CALL": true, "EXEC": true, "REGISTER": true, "RTD": true, "SHELL": true, "AUFRUFEN": true, "RICHIAMA": true, "LLAMAR": true,
}

// macroWords are those of them that no cell can call, only a sheet of macros. Lists of commands have them behind a
// dash and a blank.
var macroWords = map[string]bool{
	"CALL": true, "EXEC": true, "REGISTER": true, "SHELL": true, "AUFRUFEN": true, "RICHIAMA": true, "LLAMAR": true,
}

// webFunctions are names of the one that a formula may hand to another, as a value.
var webFunctions = map[string]bool{
	"WEBSERVICE": true, "WEBDIENST": true, "SERVICEWEB": true, "SERVICIOWEB": true, "SERVIZIO.WEB": true, "SERVIÇOWEB": true, "ВЕБСЛУЖБА": true, "WEBHİZMETİ": true,
}

// callingFunctions call a function that they are handed by its name (Excel: LAMBDA and what goes with it).
var callingFunctions = map[string]bool{
	"MAP": true, "BYROW": true, "BYCOL": true, "REDUCE": true, "SCAN": true, "MAKEARRAY": true, "LAMBDA": true, "LET": true, "GROUPBY": true, "PIVOTBY": true,
}

// Functions of a link, which is followed by a click, and of a picture, which is fetched when it is shown.
var (
	linkFunctions    = map[string]bool{"HYPERLINK": true, "LIEN_HYPERTEXTE": true, "HIPERVINCULO": true, "HIPERVÍNCULO": true, "HIPERLINK": true, "HIPERLIGAÇÃO": true, "COLLEG.IPERTESTUALE": true, "HIPERŁĄCZE": true, "ГИПЕРССЫЛКА": true, "KÖPRÜ": true}
	pictureFunctions = map[string]bool{"IMAGE": true, "BILD": true, "IMAGEN": true, "IMMAGINE": true, "IMAGEM": true, "AFBEELDING": true, "OBRAZ": true, "ИЗОБРАЖЕНИЕ": true}
)

// functionPrefixes stand before functions that are newer than the format, or of an add-in (MS-XLSX 2.2.2),
// or of Excel in tables of others (OpenFormula 1.3, 3.8).
var functionPrefixes = []string{"_XLFN.", "_XLWS.", "_XLL.", "_XLPM.", "_XLUDF.", "_XLBGNM.", "_XLDUDF.", "_XLETA.", "COM.MICROSOFT."}

// narrow is r in its usual form: East Asian programs take the wide one for the same.
func narrow(r rune) rune {
	if r > 0xff00 && r < 0xff5f {
		return r - 0xff00 + ' '
	}
	return r
}

// functionName is the name of a function in capitals, without what stands before it.
func functionName(word []byte) string {
	name := strings.ToUpper(strings.Map(narrow, string(word)))
	for cut := true; cut; {
		cut = false
		for _, p := range functionPrefixes {
			if after, ok := strings.CutPrefix(name, p); ok {
				name, cut = after, true
			}
		}
	}
	return name
}
