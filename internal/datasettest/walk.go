package datasettest

import "io/fs"

// walkFiles calls visit for every regular file below root.
func walkFiles(root fs.FS, visit func(path string, data []byte)) error {
	return fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		visit(path, data)
		return nil
	})
}
