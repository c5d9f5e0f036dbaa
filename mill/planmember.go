package mill

import (
	"errors"
	"fmt"

	"github.com/pcapmill/pcapmill/internal/archive"
)

// planMember is where a member of an archive stands. Of its planInput, uri and modified are
// those of the archive.
type planMember struct {
	Bytes      int64  `json:"bytes"` // of the archive
	Coders     string `json:"coders,omitempty"`
	Compressed bool   `json:"compressed,omitempty"`
	CRC        uint32 `json:"crc32"`
	Folder     int64  `json:"folder,omitempty"`
	Index      int    `json:"index,omitempty"`
	Kind       string `json:"kind"`
	Method     uint16 `json:"method"`
	Name       string `json:"name"` // escaped as in a URI: any bytes
	NoCRC      bool   `json:"no_crc,omitempty"`
	Offset     int64  `json:"offset"`
	Packed     int64  `json:"packed"`
	Window     int64  `json:"window,omitempty"`
}

// memberOf is a member of an archive of so many bytes as a plan has it.
func memberOf(m *archive.Member, bytes int64) *planMember {
	return &planMember{
		Bytes: bytes, CRC: m.CRC, Kind: m.Kind, Method: m.Method, Name: uriOf(m.Name), Offset: m.Offset, Packed: m.Packed,
		Compressed: m.Compressed, Index: m.Index, Window: m.Window, Folder: m.Folder, Coders: m.Coders, NoCRC: m.NoCRC,
	}
}

// inArchive makes an input that was read with the path of an archive a member of it.
func (in *Input) inArchive(m *planMember) error {
	name, err := pathOf(m.Name)
	switch {
	case err != nil:
		return err
	case !archive.Has(m.Kind):
		return fmt.Errorf("an archive of the kind %q, which is not read", m.Kind)
	case m.Bytes < 0 || m.Offset < 0 || m.Packed < 0 || m.Index < 0 || m.Window < 0 || m.Folder < 0:
		return errors.New("a member with sizes or an offset below zero")
	}
	in.member = &archive.Member{
		Archive: in.Path, Version: in.version, Kind: m.Kind, Name: name, Size: in.Size, Offset: m.Offset, Packed: m.Packed, Method: m.Method, CRC: m.CRC,
		Compressed: m.Compressed, Index: m.Index, Window: m.Window, Folder: m.Folder, Coders: m.Coders, NoCRC: m.NoCRC,
	}
	in.archiveSize, in.Path = m.Bytes, in.member.Path()
	return nil
}
