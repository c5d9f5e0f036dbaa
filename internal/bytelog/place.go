package bytelog

// Reserve makes room for n more bytes, which Fill then writes. at is the offset of the first.
// ok is false, and nothing has changed, while the file is written anew by commits: then bytes
// are appended. All of the room must be filled before Prepare.
func (l *Log) Reserve(n int64) (at int64, ok bool, err error) {
	if !l.inPlace {
		return 0, false, l.do(func() error { return nil })
	}
	if err := l.do(l.flush); err != nil {
		return 0, false, err
	}
	at = l.appended
	l.appended += n
	l.written = l.appended
	return at, true, nil
}

// Fill writes bytes at an offset inside of what Reserve made. Several goroutines may fill
// room at once, and do nothing else meanwhile. After an error every further Append, Prepare
// and Commit returns that error.
func (l *Log) Fill(at int64, b []byte) error {
	_, err := l.f.WriteAt(b, at)
	if err != nil {
		l.filling.Lock()
		defer l.filling.Unlock()
		if l.failed == nil {
			l.failed = err
		}
	}
	return err
}
