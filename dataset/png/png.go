package png

import (
	"context"
	"encoding/json"

	"github.com/pcapmill/pcapmill/dataset"
)

// Format is the exporter.
type Format struct{}

// Name implements [dataset.Exporter].
func (Format) Name() string { return "png" }

// Export implements [dataset.Exporter].
func (Format) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	enc, err := NewEncoder(v.Spec())
	if err != nil {
		return nil, err
	}
	folderOf := Folders(v.Classes(), v.Unknown())
	var files []dataset.File
	used := map[int]bool{}
	for _, s := range v.Sides() {
		have := int64(0)
		err := v.Each(ctx, s, func(e *dataset.Entry) error {
			have++
			used[e.Label] = true
			picture, err := enc.Encode(e.Data)
			if err != nil {
				return err
			}
			f, err := dir.Write(s.String()+"/"+folderOf(e.Label)+"/"+e.Key()+".png", picture)
			files = append(files, f)
			return err
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
