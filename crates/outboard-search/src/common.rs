//! Words that carry little or nothing of what a request is about.

/// Words so common in English that they say nothing about a tool.
#[rustfmt::skip]
const STOP: &[&str] = &[
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "being",
    "but", "by", "can", "could", "d", "did", "do", "does", "doing", "each", "either", "else", "etc",
    "for", "from", "had", "has", "have", "having", "he", "her", "here", "him", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "itself", "just", "ll", "m", "may", "me", "might",
    "more", "most", "must", "my", "no", "nor", "not", "of", "on", "only", "or", "other", "our",
    "over", "own", "re", "s", "same", "shall", "she", "should", "so", "some", "such", "t", "than",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "through",
    "to", "too", "up", "us", "ve", "very", "via", "was", "we", "were", "what", "when", "where",
    "which", "while", "who", "whom", "whose", "why", "will", "with", "within", "would", "you",
    "your",
];

/// Whether a lower-cased word is a stop word.
pub(crate) fn is_stop(word: &str) -> bool {
    STOP.binary_search(&word).is_ok()
}

/// Words with which people address an assistant; they say little about the tool they need.
#[rustfmt::skip]
const CHATTER: &[&str] = &[
    "additionally", "ask", "asked", "asking", "asks", "assist", "assistance", "conduct",
    "conducted", "curious", "currently", "decide", "express", "expressed", "expresses", "give",
    "given", "hello", "help", "hope", "inquire", "inquired", "inquires", "inquiring", "interested",
    "know", "let", "like", "liking", "look", "looking", "meanwhile", "mention", "mentioned",
    "mentioning", "need", "needs", "now", "please", "provide", "request", "requested", "requesting",
    "requests", "show", "specifically", "tell", "thank", "thanks", "use", "user", "using", "want",
    "wanted", "wants", "wish", "wishes",
];

/// Whether a lower-cased word is mere politeness or framing in a request.
pub(crate) fn is_chatter(word: &str) -> bool {
    CHATTER.binary_search(&word).is_ok()
}

/// Words that colour a wish more often than they are its object.
#[rustfmt::skip]
const MODIFIERS: &[&str] = &[
    "best", "check", "current", "detailed", "different", "eight", "find", "first", "five", "four",
    "get", "good", "latest", "make", "new", "next", "nine", "one", "real", "recent", "see", "seven",
    "several", "six", "specific", "take", "ten", "three", "today", "try", "two", "various",
];

/// Whether a lower-cased word merely colours a request.
pub(crate) fn is_modifier(word: &str) -> bool {
    MODIFIERS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(STOP.is_sorted());
        assert!(CHATTER.is_sorted());
        assert!(MODIFIERS.is_sorted());
    }
}
