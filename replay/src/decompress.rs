//! Reads gzip and Zstandard as if they were not there, recognised by their
//! first bytes and never by a name. Both may consist of many members, as log
//! rotation and `cat` make them.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// RFC 1952, section 2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// RFC 8878, section 3.1.1.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A reader of the plain bytes of `input`.
///
/// # Errors
/// When the first bytes cannot be read.
pub(crate) fn decompressed<'a>(input: impl Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut input = input;
    // a pipe may give its first bytes one by one
    let mut start = Vec::with_capacity(ZSTD.len());
    input
        .by_ref()
        .take(u64::try_from(ZSTD.len()).unwrap_or(u64::MAX))
        .read_to_end(&mut start)?;
    let gzip = start.starts_with(&GZIP);
    let zstd = start.starts_with(&ZSTD);
    let whole = BufReader::with_capacity(BUFFER, io::Cursor::new(start).chain(input));
    Ok(if gzip {
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(whole)))
    } else if zstd {
        let decoder = zstd::stream::read::Decoder::with_buffer(whole)?;
        Box::new(BufReader::with_capacity(BUFFER, decoder))
    } else {
        Box::new(whole)
    })
}

#[cfg(test)]
mod tests {
    use super::decompressed;
    use std::io::{self, Read, Write};

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        decompressed(bytes)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn passes_plain_bytes_through() {
        for text in ["", "{", "{}\n", "kind: Pod\n"] {
            assert_eq!(read(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn reads_members_one_after_another() {
        let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
        assert_eq!(
            read(&[gzip("a\n"), gzip("b\n")].concat()).unwrap(),
            "a\nb\n"
        );
        assert_eq!(
            read(&[zstd("a\n"), zstd("b\n")].concat()).unwrap(),
            "a\nb\n"
        );
    }

    #[test]
    fn reads_a_pipe_that_gives_single_bytes() {
        struct Trickle(Vec<u8>);
        impl Read for Trickle {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() || buffer.is_empty() {
                    return Ok(0);
                }
                buffer[0] = self.0.remove(0);
                Ok(1)
            }
        }
        let mut text = String::new();
        let mut reader = decompressed(Trickle(gzip("a\n"))).unwrap();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a\n");
    }

    #[test]
    fn reports_a_truncated_file() {
        let mut bytes = gzip("a long enough text");
        bytes.truncate(bytes.len() - 6);
        assert!(read(&bytes).is_err());
    }
}
