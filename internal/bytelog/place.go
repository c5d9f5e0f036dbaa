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

// Expect says that about n more bytes come before the next commit. A file that outgrows what
// commits write anew is then written in place at once. It does not change its bytes.
func (l *Log) Expect(n int64) error {
	return l.do(func() error {
		if l.inPlace || n <= l.limit-l.appended {
			return nil
		}
		if err := l.closeReplaced(); err != nil {
			return err
		}
		l.discard()
		l.inPlace = true
		return nil
	})
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
