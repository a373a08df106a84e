package cursor

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aisle-search/aisle/search/folder"
)

// Sealer encrypts and authenticates cursors, so that nobody can read, alter or
// make one.
type Sealer struct {
	aead cipher.AEAD
	key  []byte
}

// ErrInvalid: the cursor is not one of ours, or was altered.
var ErrInvalid = errors.New("search: cursor is not valid")

// Open uses key, or the one kept in the data folder, made when missing.
func Open(dir string, key []byte) (*Sealer, error) {
	if key == nil {
		var err error
		if key, err = folderKey(filepath.Join(dir, "cursor.key")); err != nil {
			return nil, fmt.Errorf("cursor key: %w", err)
		}
	}
	if len(key) != 32 {
		return nil, fmt.Errorf("cursor key: %d bytes, want 32", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead: aead, key: key}, nil
}

func folderKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil && len(key) == 32 {
		return key, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	key = make([]byte, 32)
	rand.Read(key) // never fails
	return key, folder.Replace(path, key)
}

// Seal makes the text of a cursor.
func (s *Sealer) Seal(plain []byte) string {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	rand.Read(nonce) // never fails
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, nil))
}

// Open undoes seal. It fails with ErrInvalidCursor where the text was not made by it.
func (s *Sealer) Open(text string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < s.aead.NonceSize() {
		return nil, ErrInvalid
	}
	n := s.aead.NonceSize()
	plain, err := s.aead.Open(nil, b[:n], b[n:], nil)
	if err != nil {
		return nil, ErrInvalid
	}
	return plain, nil
}

// Derive gives a key of 32 bytes for another purpose from the one that seals cursors.
func (s *Sealer) Derive(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, s.key, nil, purpose, 32)
}
