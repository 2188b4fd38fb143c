package parts

// Paged is s with pages of n parts, since nobody wants to put a thousand.
func Paged(s *S3, n int32) *S3 { return &S3{s.client, n} }
