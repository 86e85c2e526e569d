//go:build tools

// Package tools names the program that this module exists for, so that its version and sums are pinned.
package tools

import _ "github.com/summerwind/h2spec/cmd/h2spec"
