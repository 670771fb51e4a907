package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect puts the files that the globs of how match into the output.
func (o *Output) collect(dir string, how Execution) error {
	if how.AssetPaths != nil {
		assets, err := assetsIn(dir, *how.AssetPaths)
		if err != nil {
			return fmt.Errorf("assetPaths: %w", err)
		}
		found := make(map[string]types.AssetOrArchive, len(assets))
		for name, asset := range assets {
			found[name] = types.AssetOrArchive{Asset: asset}
		}
		o.Assets = &found
	}
	if how.ArchivePaths != nil {
		assets, err := assetsIn(dir, *how.ArchivePaths)
		if err != nil {
			return fmt.Errorf("archivePaths: %w", err)
		}
		members := make(map[string]any, len(assets))
		for name, asset := range assets {
			members[name] = asset
		}
		if o.Archive, err = resource.NewAssetArchive(members); err != nil {
			return fmt.Errorf("archivePaths: %w", err)
		}
	}
	return nil
}

// rule is one pattern of a list: it adds the files it matches, or takes them out again if it began with "!".
type rule struct {
	glob    glob.Glob
	exclude bool
}

func parseRules(patterns []string) ([]rule, error) {
	rules := make([]rule, 0, len(patterns))
	for _, pattern := range patterns {
		text, exclude := strings.CutPrefix(pattern, "!")
		compiled, err := glob.Compile(text, '/')
		if err != nil {
			return nil, fmt.Errorf("%q is not a glob: %w", pattern, err)
		}
		rules = append(rules, rule{glob: compiled, exclude: exclude})
	}
	return rules, nil
}

// assetsIn returns the files below dir that the patterns select, by their path relative to dir with "/" between.
// The last pattern that matches a file decides. Directories are never assets.
func assetsIn(dir string, patterns []string) (map[string]*resource.Asset, error) {
	rules, err := parseRules(patterns)
	if err != nil {
		return nil, err
	}
	assets := map[string]*resource.Asset{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !selects(rules, name) {
			return err
		}
		assets[name], err = resource.NewPathAsset(path.Join(dir, name))
		return err
	})
	return assets, err
}

func selects(rules []rule, name string) bool {
	selected := false
	for _, rule := range rules {
		if rule.glob.Match(name) {
			selected = !rule.exclude
		}
	}
	return selected
}
