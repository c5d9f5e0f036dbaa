package mill

import (
	"errors"
	"fmt"

	"github.com/pcapmill/pcapmill/internal/archive"
)

// inArchive makes an input that was read with the path of an archive a member of it.
func (in *Input) inArchive(m *planMember) error {
	name, err := pathOf(m.Name)
	switch {
	case err != nil:
		return err
	case !archive.Has(m.Kind):
		return fmt.Errorf("an archive of the kind %q, which is not read", m.Kind)
	case m.Bytes < 0 || m.Offset < 0 || m.Packed < 0:
		return errors.New("a member with sizes or an offset below zero")
	}
	in.member = &archive.Member{
		Archive: in.Path, Kind: m.Kind, Name: name, Size: in.Size, Offset: m.Offset, Packed: m.Packed, Method: m.Method, CRC: m.CRC,
	}
	in.archiveSize, in.Path = m.Bytes, in.member.Path()
	return nil
}
