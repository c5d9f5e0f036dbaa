package mill

import (
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/mask"
)

// rowOf is what the table says about a unit of session i of a capture, but for the place
// of the capture in the dataset.
func rowOf(i int, s *sessions.Session, hosts *mask.Hosts) dataset.Row {
	there, back := 0, 1 // by direction: as the first packet, the other way
	sender, other := s.Key.Endpoints()
	if !s.Up {
		there, back = back, there
		sender = other
	}
	return dataset.Row{
		Session: uint64(i), Unit: s.Unit.Place, Start: s.Start, Duration: max(s.Last-s.Start, 0),
		Packets: [2]uint64{s.Packets[there], s.Packets[back]}, Bytes: [2]uint64{s.Sizes[there], s.Sizes[back]},
		Original: s.Bytes, Proto: s.Key.Proto(), Digest: s.Digest, Host: hosts.Of(sender.Addr()),
	}
}
