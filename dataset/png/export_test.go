package png

// Folder is the name of the folder of a label, of a dataset with these classes.
func Folder(classes []string, label int) string {
	return Folders(classes, 255)(label)
}
