package png

import (
	"context"
	"encoding/json"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/parallel"
)

// Format is the exporter.
type Format struct {
	Workers int // that make pictures side by side; 0: one a core
}

// picture is a sample on its way to its file.
type picture struct {
	data []byte
	name string
	file dataset.File
}

// Batch is how many samples of a shape are worked on together: some 2 MiB of them.
func Batch(spec dataset.Spec) int { return max(8, min(512, 2<<20/max(1, spec.Size()))) }

// Name implements [dataset.Exporter].
func (Format) Name() string { return "png" }

// Export implements [dataset.Exporter].
func (x Format) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	encoders := make([]*Encoder, parallel.Workers(x.Workers))
	for i := range encoders {
		var err error
		if encoders[i], err = NewEncoder(v.Spec()); err != nil {
			return nil, err
		}
	}
	folderOf := Folders(v.Classes(), v.Unknown())
	var files []dataset.File
	used := map[int]bool{}
	for _, s := range v.Sides() {
		have := int64(0)
		line := parallel.NewOrder(ctx, x.Workers, Batch(v.Spec()),
			func(worker int, p *picture) error {
				content, err := encoders[worker].Encode(p.data)
				if err == nil {
					p.file, err = dir.Write(p.name, content)
				}
				return err
			},
			func(p *picture) error { files = append(files, p.file); return nil })
		err := v.Each(ctx, s, func(e *dataset.Entry) error {
			have++
			used[e.Label] = true
			return line.Add(func(p *picture) {
				p.data = append(p.data[:0], e.Data...)
				p.name = s.String() + "/" + folderOf(e.Label) + "/" + e.Key() + ".png"
			})
		})
		if err == nil {
			err = line.Finish()
		}
		if err == nil {
			err = dataset.CheckLen(v, s, have)
		}
		if err != nil {
			return nil, err
		}
	}
	f, err := finish(dir, v, used)
	if err != nil {
		return nil, err
	}
	return append(files, f), nil
}

// class is a row of __pcapmill/classes.json.
type class struct {
	Label  int    `json:"label"`
	Name   string `json:"name"`
	Folder string `json:"folder"`
}

// finish makes the folders that are the same in all sides, and writes __pcapmill/classes.json.
func finish(dir dataset.Folder, v dataset.View, used map[int]bool) (dataset.File, error) {
	folderOf := Folders(v.Classes(), v.Unknown())
	list := []class{}
	add := func(label int) {
		if used[label] {
			list = append(list, class{label, dataset.ClassName(v, label), folderOf(label)})
		}
	}
	for label := range v.Classes() {
		add(label)
	}
	add(v.Unknown())
	for _, s := range v.Sides() {
		if err := dir.Mkdir(s.String()); err != nil {
			return dataset.File{}, err
		}
		for _, c := range list {
			if err := dir.Mkdir(s.String() + "/" + c.Folder); err != nil {
				return dataset.File{}, err
			}
		}
	}
	text, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return dataset.File{}, err
	}
	return dir.Write(dataset.ClassesName, append(text, '\n'))
}
