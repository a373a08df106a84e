// Package picture draws the products of the sample shop: flat shapes in the
// product's tint, on a light ground. The drawings are in shapes.txt.
package picture
