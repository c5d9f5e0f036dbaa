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
	data, content []byte
	name          string
	entry         dataset.Entry
}

// Batch is how many samples of a shape a worker makes together: some milliseconds of work.
func Batch(spec dataset.Spec) int { return max(1, min(64, 256<<10/max(1, spec.Size()))) }

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
		line := parallel.Order[picture]{
			Workers: x.Workers, Batch: Batch(v.Spec()),
			Work: func(worker int, p *picture) error {
				content, err := encoders[worker].Encode(p.data)
				p.content = append(p.content[:0], content...)
				p.name = s.String() + "/" + folderOf(p.entry.Label) + "/" + p.entry.Key() + ".png"
				return err
			},
			Emit: func(p *picture) error {
				f, err := dir.Write(p.name, p.content)
				files = append(files, f)
				return err
			},
		}
		err := line.Run(ctx, func(add func(func(*picture)) error) error {
			return v.Each(ctx, s, func(e *dataset.Entry) error {
				have++
				used[e.Label] = true
				return add(func(p *picture) {
					p.data = append(p.data[:0], e.Data...)
					p.entry = *e
				})
			})
		})
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
