package testcap

import (
	"archive/tar"
	"archive/zip"
	"bytes"
)

// Member is a file in an archive of a test.
type Member struct {
	Name string
	Data []byte
}

// Zip is a ZIP archive of the members, stored or deflated.
func Zip(deflated bool, members ...Member) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	method := zip.Store
	if deflated {
		method = zip.Deflate
	}
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.Name, Method: method})
		must(err)
		_, err = f.Write(m.Data)
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}

// Tar is a tar archive of the members.
func Tar(members ...Member) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		must(w.WriteHeader(&tar.Header{Name: m.Name, Size: int64(len(m.Data)), Mode: 0o644}))
		_, err := w.Write(m.Data)
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}

// must is for writing to memory, which does not fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
