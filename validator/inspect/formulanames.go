package inspect

import (
	"maps"
	"strings"
)

// runningFunctions are functions of spreadsheets that start programs or fetch what an address gives,
// to which they may send cells. Tables are exported with values in their place. Programs read them in
// their users' language.
var runningFunctions = joined(commonWords, webFunctions, wordSet(`REGISTER.ID PŘIHLÁSIT.ID SQL.REQUEST FONCTION.APPELANTE
	IMPORTXML IMPORTDATA IMPORTHTML IMPORTFEED IMPORTRANGE IMPORTTEXT IMPORTCSV
	RDTR DATITEMPOREALE DANE.CZASU.RZECZ`))

// commonWords are those of them that stand in texts before a bracket, too, or are as short as a word.
var commonWords = wordSet(`DDE CALL EXEC REGISTER RTD SHELL AUFRUFEN RICHIAMA LLAMAR VOLAT VIA RTG GZV ДРВ`)

// webFunctions are names of the one that a formula may hand to another, as a value.
var webFunctions = wordSet(`WEBSERVICE WEBDIENST SERVICEWEB SERVICIOWEB SERVIZIO.WEB SERVIÇOWEB ВЕБСЛУЖБА WEBHİZMETİ WEBHIZMETI
	WEBTJENESTE NETTJENESTE WEBBTJÄNST VERKKOPALVELU WEBSZOLGÁLTATÁS`)

func joined(sets ...map[string]bool) map[string]bool {
	all := map[string]bool{}
	for _, set := range sets {
		maps.Copy(all, set)
	}
	return all
}

// callingFunctions call a function that they are handed by its name (Excel: LAMBDA and what goes with it).
var callingFunctions = map[string]bool{
	"MAP": true, "BYROW": true, "BYCOL": true, "REDUCE": true, "SCAN": true, "MAKEARRAY": true, "LAMBDA": true, "LET": true, "GROUPBY": true, "PIVOTBY": true,
}

// Functions of a link, which is followed by a click, and of a picture, which is fetched when it is shown.
var (
	linkFunctions = wordSet(`HYPERLINK LIEN_HYPERTEXTE HIPERVINCULO HIPERVÍNCULO HIPERLINK HIPERLIGAÇÃO COLLEG.IPERTESTUALE HIPERŁĄCZE ГИПЕРССЫЛКА KÖPRÜ
		HYPERTEXTOVÝ.ODKAZ HYPERLINKKI HIPERHIVATKOZÁS HYPERKOBLING HYPERLÄNK`)
	pictureFunctions = wordSet(`IMAGE BILD IMAGEN IMMAGINE IMAGEM AFBEELDING OBRAZ ИЗОБРАЖЕНИЕ OBRÁZEK RESİM RESIM`)
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
