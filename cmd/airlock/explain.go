package main

import "airlock"

// explanations say what each reason means to the person who uploaded, and what helps.
var explanations = map[airlock.Reason]string{
	airlock.Empty:             "There is nothing in the file. Was it saved, or was the upload cut off? Send it again.",
	airlock.TooLarge:          "The file is larger than this place takes. Make it smaller (fewer pixels, a stronger compression, fewer pages), or split it.",
	airlock.SizeMismatch:      "Other bytes arrived than were announced. The file changed, or the transfer was cut off: send it again.",
	airlock.ChecksumMismatch:  "The file changed between its announcement and its arrival. Send it again.",
	airlock.TypeNotAllowed:    "Files of this type are not taken here. Convert it to one that is.",
	airlock.TypeMismatch:      "The file is not what its name says. Open it with the program that made it and export it as the type you want; renaming does not convert a file.",
	airlock.ExtensionMismatch: "The file's name ends in something that is not taken here. Save it as a type that is, rather than rename it.",
	airlock.Malformed:         "The file is damaged or cut off, or was made by a program that does not keep to its format. Export it again, or repair it by opening and saving it.",
	airlock.TrailingData:      "Something else hangs behind the end of the file: a program, an archive or a page. Open the file and save it again, which leaves that out.",
	airlock.ActiveContent:     "The file holds something that would run when it is opened: a macro, a script, a program. Save it without, such as by printing it to PDF, or by choosing a type without macros.",
	airlock.Encrypted:         "The file is protected by a password, so nobody can look whether it is safe. Save it without one.",
	airlock.Bomb:              "The file unpacks to far more than it seems to hold, or archives are packed in archives too deep. Pack it again with less in it.",
	airlock.UnsafeArchive:     "The archive would write where it should not, or its list of contents does not match what is in it: paths that lead out, links, devices, names that mislead. Pack plain files and folders again.",
	airlock.PixelLimit:        "The picture has more pixels or frames than are taken here. Make it smaller.",
	airlock.Infected:          "A virus scanner found something. Scan the computer that the file comes from.",
	airlock.Denied:            "The application decided against this file.",
	airlock.Uninspectable:     "The file is made in a way that could not be looked into. Save it again with usual settings.",
	airlock.Mutated:           "The file was replaced while it was looked at. Send it again, once.",
	airlock.ObjectGone:        "The file was gone before it was looked at. Send it again.",
	airlock.NeverUploaded:     "No file came. Ask for leave to upload again.",
	airlock.Cancelled:         "The upload was taken back.",
}

func explain(r airlock.Reason) string { return explanations[r] }
