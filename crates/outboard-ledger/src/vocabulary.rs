//! Which vocabulary counts: o200k, or one from a file.

use crate::bpe::Bpe;
use crate::counter::{Estimate, O200k, TokenCounter};
use base64::Engine as _;
use std::path::{Path, PathBuf};

/// Largest file that is read.
const LARGEST: u64 = 64 << 20;

/// Which tokenizer counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tokenizer {
    /// The one that is part of the program.
    #[default]
    O200k,
    /// None: a token every four bytes.
    Estimate,
    /// A vocabulary in the format of `.tiktoken` files: base64 and rank, one a line.
    File(PathBuf),
}

/// Why a vocabulary is of no use.
#[derive(Debug, thiserror::Error)]
#[error("the vocabulary {path} cannot be used: {reason}; each line has to be BASE64 RANK, as in .tiktoken files")]
pub struct VocabularyError {
    path: PathBuf,
    reason: String,
}

/// A vocabulary in memory, gone when it is dropped.
struct Vocabulary {
    bpe: Bpe,
    label: String,
}

impl TokenCounter for Vocabulary {
    fn count(&self, text: &str) -> u64 {
        self.bpe.count(text)
    }

    fn label(&self) -> &str {
        &self.label
    }
}

impl Tokenizer {
    /// Understands `o200k`, `estimate`, or the path of a file.
    pub fn parse(text: &str) -> Self {
        match text {
            "o200k" => Self::O200k,
            "estimate" => Self::Estimate,
            path => Self::File(path.into()),
        }
    }

    /// Whether its figures are counts.
    pub fn counts(&self) -> bool {
        *self != Self::Estimate
    }

    /// What counts with it. A file is read into memory, until it is dropped; the others take nothing.
    pub fn load(&self) -> Result<Box<dyn TokenCounter>, VocabularyError> {
        match self {
            Self::Estimate => Ok(Box::new(Estimate)),
            Self::O200k => Ok(Box::new(O200k)),
            Self::File(path) => match read(path) {
                Ok(bpe) => Ok(Box::new(Vocabulary { bpe, label: label(path) })),
                Err(reason) => Err(VocabularyError { path: path.clone(), reason }),
            },
        }
    }
}

/// The name of the file without its ending.
fn label(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn read(path: &Path) -> Result<Bpe, String> {
    let bytes = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if bytes > LARGEST {
        return Err(format!("it has {bytes} bytes, more than {LARGEST}"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let ranks = lines.map(|(at, line)| entry(line).ok_or_else(|| format!("line {} is not understood", at + 1)));
    let mut tokens = ranks.collect::<Result<Vec<_>, _>>()?;
    tokens.sort_unstable();
    tokens.dedup_by(|one, other| one.1 == other.1);
    Ok(Bpe::of(&tokens.into_iter().map(|(_, token)| token).collect::<Vec<_>>()))
}

/// A rank and its token.
fn entry(line: &str) -> Option<(u32, Vec<u8>)> {
    let (token, rank) = line.trim().split_once(' ')?;
    Some((rank.trim().parse().ok()?, base64::engine::general_purpose::STANDARD.decode(token).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::O200k;

    #[test]
    fn what_a_word_names_counts_as_its_counter_does() {
        let loaded = Tokenizer::parse("o200k").load().unwrap_or_else(|error| panic!("{error}"));
        let text = "{\"id\":\"ORD-17\",\"note\":\"naïve 東京\"}";
        assert_eq!((loaded.count(text), loaded.label()), (O200k.count(text), "o200k"));
        assert!(!Tokenizer::parse("estimate").counts());
    }

    #[test]
    fn a_file_is_a_vocabulary_and_a_wrong_line_is_named() {
        let folder = std::env::temp_dir().join(format!("outboard-vocabulary-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap_or_default();
        let path = folder.join("letters.tiktoken");
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let mut lines: Vec<String> = (0..=255_u8).map(|byte| format!("{} {byte}", encode(&[byte]))).collect();
        lines.push(format!("{} 256", encode(b"ab")));
        std::fs::write(&path, lines.join("\n")).unwrap_or_default();
        let loaded = Tokenizer::parse(&path.to_string_lossy()).load().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((loaded.count("abab"), loaded.count("ba"), loaded.label()), (2, 2, "letters"));
        lines.push("nonsense".into());
        std::fs::write(&path, lines.join("\n")).unwrap_or_default();
        let error = Tokenizer::File(path).load().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("line 258") && error.contains("BASE64 RANK"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap_or_default();
    }
}
