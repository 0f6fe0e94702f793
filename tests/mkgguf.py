#!/usr/bin/env python3
"""Writes a GGUF of the Llama architecture with random weights and a small vocabulary.

The same options give the same bytes, and one seed the same numbers in every --type (but for
rounding) that is written from numbers; of the others the blocks are random bytes with scales of
the same spread. Weights are normal, scaled so that neither hidden states nor logits vanish. The
vocabulary is byte-level BPE: the 256 bytes in GPT-2's order, merges learnt from a few lines of
text, and special tokens named as in Llama 3. Python's standard library is all it needs.

    mkgguf.py --preset test OUT.gguf
    mkgguf.py --dim 256 --layers 2 --type q6_k --rope-scaling llama3 OUT.gguf
    mkgguf.py --key llama.expert_count u32 8 --drop-tensor output.weight OUT.gguf
"""
import argparse
import base64
import math
import random
import struct
import sys

PRESETS = {
    # What most tests run: every part of the architecture, in a second.
    'test': dict(dim=64, layers=4, heads=4, kv_heads=2, ffn=128, vocab_size=512, type='q8_0',
                 context=1024, rope_scaling='llama3', chat='chatml'),
    # The least that is a model.
    'tiny': dict(dim=32, layers=1, heads=2, kv_heads=1, ffn=32, vocab_size=288, type='f32',
                 context=64, specials=16),
    # Rows as long as Q6_K's blocks are.
    'wide': dict(dim=256, layers=2, heads=8, kv_heads=2, ffn=512, vocab_size=512, type='q6_k',
                 context=1024, rope_scaling='llama3', chat='chatml'),
}
DEFAULTS = dict(dim=64, layers=2, heads=4, kv_heads=2, ffn=128, vocab_size=512, type='f32',
                context=1024, rope_scaling='none', chat='none', specials=32)

# number in GGUF, elements in a block, bytes of a block
DTYPES = {'f32': (0, 1, 4), 'f16': (1, 1, 2), 'q4_0': (2, 32, 18), 'q4_1': (3, 32, 20),
          'q8_0': (8, 32, 34), 'q6_k': (14, 256, 210), 'bf16': (30, 1, 2),
          'q5_0': (6, 32, 22), 'q5_1': (7, 32, 24), 'q2_k': (10, 256, 84), 'q3_k': (11, 256, 110),
          'q4_k': (12, 256, 144), 'q5_k': (13, 256, 176), 'iq2_xxs': (16, 256, 66),
          'iq2_xs': (17, 256, 74), 'iq3_xxs': (18, 256, 98), 'iq1_s': (19, 256, 50),
          'iq4_nl': (20, 32, 18), 'iq3_s': (21, 256, 110), 'iq2_s': (22, 256, 82),
          'iq4_xs': (23, 256, 136), 'iq1_m': (29, 256, 56), 'tq1_0': (34, 256, 54),
          'tq2_0': (35, 256, 66), 'mxfp4': (39, 32, 17), 'nvfp4': (40, 64, 36), 'q1_0': (41, 128, 18),
          'q2_0': (42, 64, 18), 'q8_k': (15, 256, 292)}

# Types written as random bytes: the standard deviation that these have at a scale of 1, where the
# scale is, and for types with a minimum what it is in scales, so that the mean is 0.
RANDOM = {'q5_0': (9.23, 0, 0), 'q5_1': (9.23, 0, -15.5), 'q2_k': (13.9, 80, 1.5), 'q3_k': (43.3, 108, 0),
          'q4_k': (257, 0, 7.5), 'q5_k': (526, 0, 15.5), 'iq2_xxs': (53.3, 0, 0), 'iq2_xs': (55.8, 0, 0),
          'iq3_xxs': (142, 0, 0), 'iq1_s': (7.2, 0, 0), 'iq4_nl': (67.2, 0, 0), 'iq3_s': (140, 0, 0),
          'iq2_s': (56.3, 0, 0), 'iq4_xs': (1240, 0, 0), 'iq1_m': (7.18, 48, 0), 'mxfp4': (5.86, 0, 0),
          'tq1_0': (0.8, 52, 0), 'tq2_0': (1.2, 64, 0), 'nvfp4': (5.86, 0, 0), 'q1_0': (1, 0, 0),
          'q2_0': (1.2, 0, 0), 'q8_k': (73.9, 0, 0)}

# With --random-blocks these as well.
MORE_RANDOM = {'q4_0': (4.61, 0, 0), 'q4_1': (4.61, 0, -7.5), 'q8_0': (73.9, 0, 0), 'q6_k': (1365, 208, 0)}

VALUE_TYPES = {'u8': (0, '<B'), 'i8': (1, '<b'), 'u16': (2, '<H'), 'i16': (3, '<h'), 'u32': (4, '<I'),
               'i32': (5, '<i'), 'f32': (6, '<f'), 'bool': (7, '<?'), 'string': (8, None),
               'u64': (10, '<Q'), 'i64': (11, '<q'), 'f64': (12, '<d')}

SPECIALS = ['<|begin_of_text|>', '<|end_of_text|>', '<|reserved_special_token_0|>',
            '<|reserved_special_token_1|>', '<|finetune_right_pad_id|>', '<|reserved_special_token_2|>',
            '<|start_header_id|>', '<|end_header_id|>', '<|eom_id|>', '<|eot_id|>', '<|python_tag|>']

CHATML = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + "
          "'<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}"
          "{{ '<|im_start|>assistant\\n' }}{% endif %}")

TEXT = """the river runs down from the hills to the sea and the boats go out in the morning when the wind is low
one of the men sat on the stone wall and told the children a story about a king who had three sons
there was a small house at the end of the road with a red door and a garden full of beans and roses
she asked him what he was doing and he answered that he was waiting for the rain to stop before going home
they worked all day in the field and in the evening they ate bread and cheese and talked of other things
what is this thing that we are looking for said the old woman and where shall we find it if not here
it is good to have a friend who knows the way and better to have a map and the best is to have both"""


def options():
    p = argparse.ArgumentParser(description='Write a GGUF with random weights.')
    p.add_argument('out')
    p.add_argument('--preset', choices=sorted(PRESETS))
    for name in ('dim', 'layers', 'heads', 'kv_heads', 'ffn', 'vocab_size', 'context', 'specials'):
        p.add_argument('--' + name.replace('_', '-'), type=int)
    p.add_argument('--head-dim', type=int, help='of a head (default: dim / heads)')
    for name in ('heads', 'kv_heads', 'ffn'):
        p.add_argument('--layer-' + name.replace('_', '-'), help='for each layer, with commas')
    p.add_argument('--biases', action='store_true', help='of every matrix of a layer')
    p.add_argument('--type', choices=DTYPES, help='of every matrix')
    p.add_argument('--output-type', choices=DTYPES, help='of the output head (default: --type)')
    p.add_argument('--tied', action='store_true', help='no output head: the embedding serves')
    p.add_argument('--rope-base', type=float, default=500000.0)
    p.add_argument('--rope-scaling', choices=['none', 'llama3'], help='llama3 adds rope_freqs.weight')
    p.add_argument('--rope-factor', type=float, default=8.0)
    p.add_argument('--rope-original', type=int, default=8192)
    p.add_argument('--chat', choices=['none', 'chatml'])
    p.add_argument('--chat-template', help='file with the text of tokenizer.chat_template')
    p.add_argument('--name', default='random')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--version', type=int, default=3, choices=[2, 3])
    p.add_argument('--alignment', type=int, default=32)
    p.add_argument('--ranks', help="take the tokens from a rank file of tiktoken's; --vocab-size cuts it")
    p.add_argument('--write-ranks', help='also write the tokens as such a file')
    p.add_argument('--vocab-only', action='store_true', help='no tensors')
    p.add_argument('--key', nargs=3, action='append', default=[], metavar=('KEY', 'TYPE', 'VALUE'),
                   help='set a metadata key; an array as [TYPE] and values with commas')
    p.add_argument('--drop-key', action='append', default=[])
    p.add_argument('--drop-tensor', action='append', default=[])
    p.add_argument('--random-blocks', action='store_true',
                   help='quantised matrices of random blocks, scales all alike: large models in seconds')
    p.add_argument('--scale', type=float, help='by which all matrices but the embedding are to be multiplied')
    p.add_argument('--add-tensor', action='append', default=[], help='an F32 vector of 32 ones')
    o = p.parse_args()
    for name, value in {**DEFAULTS, **PRESETS.get(o.preset, {})}.items():
        if getattr(o, name) is None:
            setattr(o, name, value)
    o.output_type = o.output_type or o.type
    if (o.head_dim is None and o.dim % o.heads) or o.heads % o.kv_heads:
        p.error('--heads must divide --dim, and --kv-heads --heads')
    o.length = o.head_dim or o.dim // o.heads
    o.each = {}
    for name in ('heads', 'kv_heads', 'ffn'):
        text = getattr(o, 'layer_' + name)
        o.each[name] = [int(n) for n in text.split(',')] if text else [getattr(o, name)] * o.layers
    return o


# Vocabulary

def alphabet():
    """The character that GPT-2 writes for each byte."""
    plain = [b for b in range(256) if 0x21 <= b <= 0x7e or (b >= 0xa1 and b != 0xad)]
    rest = [b for b in range(256) if b not in plain]
    return {**{b: chr(b) for b in plain}, **{b: chr(256 + i) for i, b in enumerate(rest)}}, plain + rest


def words():
    for line in TEXT.split('\n'):
        for i, word in enumerate(line.split()):
            yield [bytes([b]) for b in ((' ' if i else '') + word).encode()]


def learn(tokens, count):
    """Appends tokens made of the most frequent pairs; returns the pairs."""
    known, merges, text = set(tokens), [], list(words())
    while len(merges) < count:
        pairs = {}
        for word in text:
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + 1
        if not pairs:
            break
        pair = max(pairs, key=lambda p: (pairs[p], p))
        if pair[0] + pair[1] not in known:
            merges.append(pair)
            known.add(pair[0] + pair[1])
            tokens.append(pair[0] + pair[1])
        for w, word in enumerate(text):
            i, joined = 0, []
            while i < len(word):
                step = 2 if tuple(word[i:i + 2]) == pair else 1
                joined.append(b''.join(word[i:i + step]))
                i += step
            text[w] = joined
    return merges + invent(tokens, known, count - len(merges))


def invent(tokens, known, count):
    """More tokens than the text has: letters behind what there is."""
    merges, at = [], 256
    while len(merges) < count:
        for letter in b'abcdefghijklmnopqrstuvwxyz':
            pair = (tokens[at], bytes([letter]))
            if pair[0] + pair[1] not in known and len(merges) < count:
                merges.append(pair)
                known.add(pair[0] + pair[1])
                tokens.append(pair[0] + pair[1])
        at += 1
    return merges


def read_ranks(path, count):
    tokens = {}
    with open(path, 'rb') as file:
        for line in file:
            token, rank = line.split()
            if int(rank) < count:
                tokens[base64.b64decode(token)] = int(rank)
    merges = []
    for token in sorted(tokens, key=tokens.get):
        splits = [(tokens[token[:k]], tokens[token[k:]], token[:k], token[k:]) for k in range(1, len(token))
                  if token[:k] in tokens and token[k:] in tokens]
        merges += [(left, right) for _, _, left, right in sorted(splits)]
    return sorted(tokens, key=tokens.get), merges


def special_names(o):
    names = SPECIALS + ['<|reserved_special_token_%d|>' % (i + 3) for i in range(o.specials)]
    names = names[:o.specials]
    if o.chat == 'chatml':
        names[2:4] = ['<|im_start|>', '<|im_end|>']
    return names


def vocabulary(o):
    count = o.vocab_size - o.specials
    char, order = alphabet()
    if count < 256:
        sys.exit('mkgguf.py: --vocab-size must be at least %d' % (256 + o.specials))
    if o.ranks:
        tokens, merges = read_ranks(o.ranks, count)
    else:
        tokens = [bytes([b]) for b in order]
        merges = learn(tokens, count - 256)
    if len(tokens) != count:
        sys.exit('mkgguf.py: %s has %d tokens, not %d' % (o.ranks, len(tokens), count))
    spell = lambda token: ''.join(char[b] for b in token)
    if o.write_ranks:
        with open(o.write_ranks, 'wb') as file:
            for rank, token in enumerate(tokens):
                file.write(base64.b64encode(token) + b' %d\n' % rank)
    return ([spell(t) for t in tokens] + special_names(o), [1] * count + [3] * o.specials,
            [spell(a) + ' ' + spell(b) for a, b in merges])


# Numbers

def bf16(x):
    bits, = struct.unpack('<I', struct.pack('<f', x))
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16


def q8_0(x):
    d = max(map(abs, x)) / 127
    return struct.pack('<e32b', d, *[round(v / d) if d else 0 for v in x])


def nibbles(q):
    return bytes(q[i] | q[i + 16] << 4 for i in range(16))


def q4_0(x):
    d = max(x, key=abs) / -8
    return struct.pack('<e', d) + nibbles([min(15, int(v / d + 8.5)) if d else 8 for v in x])


def q4_1(x):
    low = min(x)
    d = (max(x) - low) / 15
    return struct.pack('<ee', d, low) + nibbles([min(15, round((v - low) / d)) if d else 0 for v in x])


def q6_k(x):
    scales = [max(map(abs, x[i:i + 16])) / 31 for i in range(0, 256, 16)]
    d = max(scales) / 127 or 1.0
    scales = [max(1, round(s / d)) for s in scales]
    q = [max(-32, min(31, round(v / (d * scales[i // 16])))) + 32 for i, v in enumerate(x)]
    low, high = [], []
    for half in (q[:128], q[128:]):
        low += [half[i] & 15 | (half[i + 64] & 15) << 4 for i in range(64)]
        high += [half[i] >> 4 | half[i + 32] >> 4 << 2 | half[i + 64] >> 4 << 4 | half[i + 96] >> 4 << 6
                 for i in range(32)]
    return bytes(low) + bytes(high) + struct.pack('<16be', *scales, d)


def random_block(rng, dtype, spread):
    deviation, at, minimum = RANDOM[dtype]
    data = bytearray(rng.randbytes(DTYPES[dtype][2]))
    scale = struct.pack('<e', spread / deviation)
    if dtype == 'mxfp4':
        data[0] = 128 + round(math.log2(spread / deviation))
    elif dtype == 'nvfp4':
        data[:4] = [max(1, 8 + round(math.log2(spread / deviation))) << 3 | i for i in range(4)]
    elif dtype == 'iq1_m':  # a nibble in each of four words
        for i in range(4):
            data[at + 2 * i + 1] = data[at + 2 * i + 1] & 15 | (scale[i // 2] >> 4 * (i % 2) & 15) << 4
    else:
        data[at:at + 2] = scale
    if minimum:
        data[at + 2:at + 4] = struct.pack('<e', spread / deviation * minimum)
    return bytes(data)


def random_blocks(rng, dtype, spread, count):
    """The same all at once, for types with one scale and perhaps a minimum."""
    deviation, at, minimum = {**RANDOM, **MORE_RANDOM}[dtype]
    size = DTYPES[dtype][2]
    data = bytearray(rng.randbytes(count * size))
    for place, number in ((at, 1), (at + 2, minimum)):
        if number:
            low, high = struct.pack('<e', spread / deviation * number)
            data[place::size], data[place + 1::size] = bytes([low]) * count, bytes([high]) * count
    return data


def encode(dtype, x):
    if dtype == 'f32':
        return struct.pack('<%df' % len(x), *x)
    if dtype == 'f16':
        return struct.pack('<%de' % len(x), *x)
    if dtype == 'bf16':
        return struct.pack('<%dH' % len(x), *map(bf16, x))
    block = DTYPES[dtype][1]
    pack = {'q8_0': q8_0, 'q4_0': q4_0, 'q4_1': q4_1, 'q6_k': q6_k}[dtype]
    return b''.join(pack(x[i:i + block]) for i in range(0, len(x), block))


# File

def string(text):
    data = text.encode('utf-8', 'surrogateescape')
    return struct.pack('<Q', len(data)) + data


def value(kind, v):
    if kind.startswith('['):
        kind = kind[1:-1]
        v = v.split(',') if isinstance(v, str) else v
        return struct.pack('<IIQ', 9, VALUE_TYPES[kind][0], len(v)) + b''.join(scalar(kind, e) for e in v)
    return struct.pack('<I', VALUE_TYPES[kind][0]) + scalar(kind, v)


def scalar(kind, v):
    if kind == 'string':
        return string(v)
    if isinstance(v, str):
        v = v == 'true' if kind == 'bool' else float(v) if kind[0] == 'f' else int(v, 0)
    return struct.pack(VALUE_TYPES[kind][1], v)


def each(o, name):
    """A number, or where layers may differ an array."""
    return ('[u32]', o.each[name]) if getattr(o, 'layer_' + name) else ('u32', getattr(o, name))


def metadata(o):
    tokens, types, merges = vocabulary(o)
    special = lambda name: tokens.index(name)
    keys = {
        'general.architecture': ('string', 'llama'),
        'general.name': ('string', o.name),
        'general.alignment': ('u32', o.alignment),
        'llama.block_count': ('u32', o.layers),
        'llama.context_length': ('u32', o.context),
        'llama.embedding_length': ('u32', o.dim),
        'llama.feed_forward_length': each(o, 'ffn'),
        'llama.attention.head_count': each(o, 'heads'),
        'llama.attention.head_count_kv': each(o, 'kv_heads'),
        'llama.attention.layer_norm_rms_epsilon': ('f32', 1e-5),
        'llama.rope.dimension_count': ('u32', o.length),
        'llama.rope.freq_base': ('f32', o.rope_base),
        'llama.vocab_size': ('u32', o.vocab_size),
        'tokenizer.ggml.model': ('string', 'gpt2'),
        'tokenizer.ggml.pre': ('string', 'llama-bpe'),
        'tokenizer.ggml.tokens': ('[string]', tokens),
        'tokenizer.ggml.token_type': ('[i32]', types),
        'tokenizer.ggml.merges': ('[string]', merges),
        'tokenizer.ggml.bos_token_id': ('u32', special('<|begin_of_text|>')),
        'tokenizer.ggml.eos_token_id': ('u32', special('<|im_end|>' if o.chat == 'chatml' else '<|eot_id|>')),
        'tokenizer.ggml.add_bos_token': ('bool', True),
    }
    if o.head_dim:
        keys['llama.attention.key_length'] = keys['llama.attention.value_length'] = ('u32', o.head_dim)
    if o.chat_template:
        with open(o.chat_template, encoding='utf-8', newline='') as file:
            keys['tokenizer.chat_template'] = ('string', file.read())
    elif o.chat == 'chatml':
        keys['tokenizer.chat_template'] = ('string', CHATML)
    for name, kind, text in o.key:
        keys[name] = (kind, text)
    for name in o.drop_key:
        keys.pop(name, None)
    return keys


def rope_factors(o):
    """What Llama 3.1 divides its rotary frequencies by."""
    head, factors = o.length, []
    for i in range(0, head, 2):
        turns = o.rope_original / (2 * math.pi * o.rope_base ** (i / head))
        smooth = min(1.0, max(0.0, (turns - 1) / (4 - 1)))
        factors.append(1 / ((1 - smooth) / o.rope_factor + smooth))
    return factors


def tensors(o):
    """(name, type, columns, rows or 0, spread): rows of normal numbers, or ones with some noise."""
    spread = 1.0 if not o.tied else 3 / math.sqrt(o.dim)
    all = [('token_embd.weight', o.output_type if o.tied else o.type, o.dim, o.vocab_size, spread)]
    for i in range(o.layers):
        q, kv, ffn = o.each['heads'][i] * o.length, o.each['kv_heads'][i] * o.length, o.each['ffn'][i]
        for name, cols, rows in (('attn_norm', o.dim, 0), ('attn_q', o.dim, q), ('attn_k', o.dim, kv),
                                 ('attn_v', o.dim, kv), ('attn_output', q, o.dim), ('ffn_norm', o.dim, 0),
                                 ('ffn_gate', o.dim, ffn), ('ffn_up', o.dim, ffn), ('ffn_down', ffn, o.dim)):
            all.append(('blk.%d.%s.weight' % (i, name), o.type, cols, rows, 1.5 / math.sqrt(cols)))
            if o.biases and rows:
                all.append(('blk.%d.%s.bias' % (i, name), 'f32', rows, 0, 0.5))
    all.append(('output_norm.weight', 'f32', o.dim, 0, 0))
    if o.rope_scaling == 'llama3':
        all.append(('rope_freqs.weight', 'f32', o.length // 2, 0, 0))
    if not o.tied:
        all.append(('output.weight', o.output_type, o.dim, o.vocab_size, 3 / math.sqrt(o.dim)))
    if o.scale:
        all = [t[:4] + (t[4] / o.scale,) if scaled(t) else t for t in all]
        all += [(t[0].replace('.weight', '.scale'), 'f32', 1, 0, 0) for t in all if scaled(t)]
    all += [(name, 'f32', 32, 0, 0) for name in o.add_tensor]
    return [t if t[3] else (t[0], 'f32') + t[2:] for t in all if t[0] not in o.drop_tensor]


def scaled(tensor):
    return tensor[3] > 0 and tensor[0] != 'token_embd.weight'


def content(o, tensor):
    name, dtype, cols, rows, spread = tensor
    rng = random.Random('%d %s' % (o.seed, name))
    if name.endswith('.scale'):
        return encode(dtype, [o.scale])
    if name == 'rope_freqs.weight':
        return encode(dtype, rope_factors(o))
    if name.endswith('.bias'):
        return encode(dtype, [rng.gauss(0, spread) for _ in range(cols)])
    if rows == 0:
        return encode(dtype, [1 + rng.gauss(0, 0.1) for _ in range(cols)])
    if cols % DTYPES[dtype][1]:
        sys.exit('mkgguf.py: %s: rows of %d are not whole blocks of %s' % (name, cols, dtype))
    if o.random_blocks and dtype not in ('f32', 'f16', 'bf16', 'mxfp4', 'nvfp4', 'iq1_m'):
        return random_blocks(rng, dtype, spread, rows * cols // DTYPES[dtype][1])
    if dtype in RANDOM:
        return b''.join(random_block(rng, dtype, spread) for _ in range(rows * cols // DTYPES[dtype][1]))
    return b''.join(encode(dtype, [rng.gauss(0, spread) for _ in range(cols)]) for _ in range(rows))


def padding(o, size):
    return b'\0' * (-size % o.alignment)


def main():
    o = options()
    keys = metadata(o)
    table = [] if o.vocab_only else tensors(o)
    data = [content(o, tensor) for tensor in table]
    head = b'GGUF' + struct.pack('<IQQ', o.version, len(table), len(keys))
    head += b''.join(string(name) + value(*v) for name, v in keys.items())
    offset = 0
    for (name, dtype, cols, rows, _), bytes_ in zip(table, data):
        shape = (cols, rows) if rows else (cols,)
        head += string(name) + struct.pack('<I%dQ' % len(shape), len(shape), *shape)
        head += struct.pack('<IQ', DTYPES[dtype][0], offset)
        offset += len(bytes_) + len(padding(o, len(bytes_)))
    with open(o.out, 'wb') as file:
        file.write(head + padding(o, len(head)))
        for bytes_ in data:
            file.write(bytes_ + padding(o, len(bytes_)))


if __name__ == '__main__':
    main()
