package header

import "unsafe"

func sizeOf[T any]() uintptr {
	var t T
	return unsafe.Sizeof(t)
}
