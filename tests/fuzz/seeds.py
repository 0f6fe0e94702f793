#!/usr/bin/env python3
"""Writes the corpora of fuzz_adapter, fuzz_gguf, fuzz_vocab, fuzz_spm and fuzz_hf: files as small as what they show allows.

    tests/fuzz/seeds.py
"""
import base64
import json
import os
import struct
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(here))
from mkgguf import string, value  # noqa: E402

MODEL = [('general.architecture', 'string', 'llama'), ('general.alignment', 'u32', 8),
         ('llama.block_count', 'u32', 1), ('llama.context_length', 'u32', 8),
         ('llama.embedding_length', 'u16', 2), ('llama.feed_forward_length', 'i32', 2),
         ('llama.attention.head_count', 'u32', 1),
         ('llama.attention.layer_norm_rms_epsilon', 'f32', 1e-5)]
SCALING = [('llama.rope.scaling.type', 'string', 'llama3'), ('llama.rope.scaling.factor', 'f32', 8.0),
           ('llama.rope.scaling.low_freq_factor', 'f32', 1.0),
           ('llama.rope.scaling.high_freq_factor', 'f64', 4.0),
           ('llama.rope.scaling.original_context_length', 'u32', 4)]
VOCAB = [('tokenizer.ggml.model', 'string', 'gpt2'), ('tokenizer.ggml.pre', 'string', 'llama-bpe'),
         ('tokenizer.ggml.tokens', '[string]', ['a', '\u0120', 'a\u00ac', '<|begin_of_text|>', '<|eot_id|>']),
         ('tokenizer.ggml.token_type', '[i32]', [1, 1, 1, 3, 3]),
         ('tokenizer.ggml.merges', '[string]', ['a \u00ac']), ('tokenizer.ggml.bos_token_id', 'u32', 3),
         ('tokenizer.ggml.add_bos_token', 'bool', True), ('tokenizer.chat_template', 'string', '{{ x }}')]
TYPES = [('t.' + kind, kind, 1) for kind in ('u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'u64', 'i64', 'f64')]


def tensors(rows):
    layer = [('attn_norm', 0), ('attn_q', 2), ('attn_k', 2), ('attn_v', 2), ('attn_output', 2), ('ffn_norm', 0),
             ('ffn_gate', 2), ('ffn_up', 2), ('ffn_down', 2)]
    return ([('token_embd.weight', (2, rows), 0, 8 * rows), ('output_norm.weight', (2,), 0, 8)] +
            [('blk.0.%s.weight' % name, (2, n) if n else (2,), 0, 8 * max(n, 1)) for name, n in layer])


def gguf(keys, table=(), version=3, alignment=8):
    head = b'GGUF' + struct.pack('<IQQ', version, len(table), len(keys))
    head += b''.join(string(name) + value(kind, v) for name, kind, v in keys)
    offset = 0
    for name, shape, dtype, size in table:
        head += string(name) + struct.pack('<I%dQIQ' % len(shape), len(shape), *shape, dtype, offset)
        offset += size + -size % alignment
    return head + b'\0' * (-len(head) % alignment) + b'\x3c' * offset


def packed(table):
    """Matrices of the table in panels of F32: a row of less than 16 numbers is a line of 64 bytes."""
    return [(name, shape, 0x6c6c0000 + dtype, 1024 * -(-shape[1] // 16)) if len(shape) == 2 and name[:3] == 'blk'
            else (name, shape, dtype, size) for name, shape, dtype, size in table]


def ranks(tokens):
    return b''.join(base64.b64encode(token) + b' %d\n' % rank for rank, token in tokens)


def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def field(number, data):
    """A field of bytes or, of an int, a number."""
    if isinstance(data, int):
        return varint(number << 3) + varint(data)
    return varint(number << 3 | 2) + varint(len(data)) + data


def sentencepiece(words, trainer=field(3, 2) + field(35, 1), normalizer=field(1, b'identity') + field(4, 0)):
    pieces = [('<unk>', 0, 2), ('<s>', 0, 3), ('</s>', 0, 3)] + [('<0x%02X>' % i, 0, 6) for i in range(256)]
    pieces += [(word, -float(i), 1) for i, word in enumerate(words)]
    return b''.join(field(1, field(1, text.encode()) + b'\x15' + struct.pack('<f', score) + field(3, kind))
                    for text, score, kind in pieces) + field(2, trainer) + field(3, normalizer)


WORDS = ['\u2581', 'a', 'b', 't', 'h', 'e', '\u2581t', 'he', '\u2581the', 'ab', 'abab', '\u2581\u2581', '\u00e9']

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
          r"\s*[\r\n]+|\s+(?!\S)|\s+")
BYTES = {'type': 'ByteLevel', 'add_prefix_space': False, 'use_regex': False}


def hugging_face(words, special, pre, merges, **model):
    vocab = {word: i for i, word in enumerate(special + words)}
    added = [{'id': i, 'content': word, 'special': True} for i, word in enumerate(special)]
    post = {'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': special[-1]}}]}
    return {'added_tokens': added, 'pre_tokenizer': pre, 'post_processor': post,
            'model': dict(type='BPE', vocab=vocab, merges=merges, **model)}


def hf_bytes():
    words = [chr(c) for c in range(0x21, 0x7f)] + ['\u0120', 'th', '\u0120th', 'the']
    pre = {'type': 'Sequence', 'pretokenizers': [
        {'type': 'Split', 'pattern': {'Regex': LLAMA3}, 'behavior': 'Isolated', 'invert': False}, BYTES]}
    return json.dumps(hugging_face(words, ['<|end_of_text|>', '<|begin_of_text|>'], pre,
                                   ['t h', ['\u0120', 'th'], 'th e'], ignore_merges=True)).encode()


def hf_marks():
    root = hugging_face(['<0x%02X>' % i for i in range(256)] + WORDS, ['<unk>', '</s>', '<s>'], None,
                        [['\u2581', 't'], ['h', 'e'], 'a b', 'ab ab'], unk_token='<unk>', byte_fallback=True)
    root['normalizer'] = {'type': 'Sequence', 'normalizers': [
        {'type': 'Prepend', 'prepend': '\u2581'}, {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '\u2581'}]}
    root['decoder'] = {'type': 'Sequence', 'decoders': [{'type': 'ByteFallback'}, {'type': 'Fuse'}]}
    return json.dumps(root, ensure_ascii=False).encode()


def hf_meta():
    return json.dumps(hugging_face(WORDS, ['<s>'], {
        'type': 'Metaspace', 'replacement': '\u2581', 'prepend_scheme': 'first', 'split': False},
        ['a b'], byte_fallback=True)).encode()


ADAPTER = [('general.type', 'string', 'adapter'), ('general.architecture', 'string', 'llama'),
           ('adapter.type', 'string', 'lora'), ('adapter.lora.alpha', 'f32', 4.0)]
# For the model of fuzz_adapter.c: rank 2 in F32 and F16, and 32 in Q8_0.
PAIRS = [('blk.0.attn_q.weight.lora_a', (32, 2), 0, 256), ('blk.0.attn_q.weight.lora_b', (2, 32), 0, 256),
         ('blk.0.ffn_down.weight.lora_a', (64, 2), 1, 256), ('blk.0.ffn_down.weight.lora_b', (2, 32), 1, 128)]
HEAD = [('output.weight.lora_a', (32, 32), 8, 34 * 32), ('output.weight.lora_b', (32, 40), 8, 34 * 40)]

SEEDS = {
    'adapter/pairs': gguf(ADAPTER, PAIRS, alignment=32),
    'adapter/head': gguf(ADAPTER[:3] + [('ll.fingerprint', 'string', '00000000000000ab')], HEAD, alignment=32),
    'adapter/brain': gguf(ADAPTER, [('blk.0.attn_k.weight.lora_a', (32, 1), 30, 64),
                                    ('blk.0.attn_k.weight.lora_b', (1, 16), 30, 32)], alignment=32),
    'adapter/half': gguf(ADAPTER, PAIRS[:3], alignment=32),
    'adapter/other': gguf(ADAPTER + [('ll.fingerprint', 'string', '00000000000000ac')], PAIRS, alignment=32),
    'gguf/model': gguf(MODEL, tensors(3)),
    'gguf/model-scaled': gguf(MODEL + SCALING, tensors(3)),
    'gguf/model-vocabulary': gguf(MODEL + VOCAB, tensors(5)),
    'gguf/scales': gguf(MODEL, tensors(3) + [('blk.0.attn_q.scale', (1,), 0, 4), ('blk.0.ffn_up.scale', (2,), 1, 4),
                                             ('blk.0.attn_k.input_scale', (1,), 0, 4)]),
    'gguf/packed': gguf([MODEL[0], ('general.alignment', 'u32', 64), *MODEL[2:], ('ll.layout', 'string', 'rows16x8')],
                        packed(tensors(3)), alignment=64),
    'gguf/vocabulary': gguf(VOCAB, version=2),
    'gguf/types': gguf(TYPES + [('t.s', '[u16]', [1, 2, 3]), ('t.b', '[bool]', [True])],
                       [('a', (32, 2), 8, 68), ('b', (256,), 12, 144), ('c', (2, 2, 2, 2), 1, 32)], alignment=32),
    'gguf/empty': gguf([]),
    'vocab/bytes': ranks(enumerate(bytes([b]) for b in range(128))),
    'vocab/words': ranks([(2, b'the'), (0, b't'), (1, b'he'), (3, b' the'), (4, bytes(range(200, 240)))]),
    'vocab/one': b'QQ== 0',
    'hf/bytes': hf_bytes(),
    'hf/marks': hf_marks(),
    'hf/meta': hf_meta(),
    'spm/words': sentencepiece(WORDS),
    'spm/none': sentencepiece([]),
    'spm/unigram': sentencepiece(WORDS[:3], field(3, 1)),
    'spm/no-prefix': sentencepiece(WORDS[:5], normalizer=field(3, 0) + field(4, 0) + field(5, 1)),
}


def main():
    for name, data in SEEDS.items():
        path = os.path.join(here, 'corpus', name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data)


if __name__ == '__main__':
    main()
