#!/usr/bin/env python3
"""Writes the corpora of fuzz_safetensors and fuzz_pth, and more of fuzz_gguf's.

    tests/fuzz/seeds_source.py
"""
import io
import json
import os
import struct
import sys
import zipfile

here = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, here)
from seeds import MODEL, gguf, tensors  # noqa: E402

YARN = [('llama.rope.scaling.type', 'string', 'yarn'), ('llama.rope.scaling.factor', 'f32', 4.0),
        ('llama.rope.scaling.yarn_beta_fast', 'f32', 16.0), ('llama.rope.scaling.attn_factor', 'f32', 1.5),
        ('llama.attention.sliding_window', 'u32', 3)]
LAYER = ('input_layernorm', 'post_attention_layernorm')
MATRICES = ('self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.gate_proj',
            'mlp.up_proj', 'mlp.down_proj')
SIZES = {'F32': 4, 'F16': 2, 'BF16': 2, 'F8_E4M3': 1}


def safetensors(table):
    header, data = {'__metadata__': {'format': 'pt'}}, b''
    for name, dtype, shape in table:
        size = SIZES[dtype]
        for n in shape:
            size *= n
        header[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': [len(data), len(data) + size]}
        data += b'\x3c' * size
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    return struct.pack('<Q', len(text)) + text + data


def llama(f8=False):
    table = [('model.embed_tokens.weight', 'F16', [3, 2]), ('model.norm.weight', 'BF16', [2]),
             ('lm_head.weight', 'F32', [3, 2])]
    table += [('model.layers.0.%s.weight' % name, 'BF16', [2]) for name in LAYER]
    table += [('model.layers.0.%s.weight' % name, 'F8_E4M3' if f8 else 'BF16', [2, 2]) for name in MATRICES]
    if f8:
        table += [('model.layers.0.%s.weight_scale' % name, 'F32', [2, 1]) for name in MATRICES[:-1]]
        table += [('model.layers.0.mlp.down_proj.weight_scale', 'BF16', []),
                  ('model.layers.0.mlp.down_proj.input_scale', 'F32', [])]
    return safetensors(table)


def text(word):
    return b'X' + struct.pack('<I', len(word)) + word.encode()


def number(n):
    return b'K' + bytes([n]) if n < 256 else b'J' + struct.pack('<i', n)


def tuple_of(*parts):
    return b'(' + b''.join(parts) + b't'


def tensor(key, kind, shape):
    count, strides = 1, []
    for n in reversed(shape):
        strides.insert(0, count)
        count *= n
    storage = tuple_of(text('storage'), b'ctorch\n%s\n' % kind.encode(), text(key), text('cpu'), number(count)) + b'Q'
    return b'ctorch._utils\n_rebuild_tensor_v2\n' + tuple_of(
        storage, number(0), tuple_of(*map(number, shape)), tuple_of(*map(number, strides)), b'\x89',
        b'ccollections\nOrderedDict\n)R') + b'R'


def pickled(table, build=False):
    state = b'ccollections\nOrderedDict\n)Rq\x00' if build else b'}q\x00'
    state += b'(' + b''.join(text(name) + tensor(str(i), kind, shape)
                             for i, (name, kind, shape) in enumerate(table)) + b'u'
    if build:
        state += b'}' + text('_metadata') + b']\x8a\x02\x00\x80a' + b's' + b'b'
    return b'\x80\x02' + state + b'.'


def pth(table, name='c'):
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_STORED) as archive:
        entries = [('data.pkl', pickled(table)), ('byteorder', b'little')]
        for i, (_, kind, shape) in enumerate(table):
            size = 4 if kind == 'FloatStorage' else 2
            for n in shape:
                size *= n
            entries.append(('data/%d' % i, b'\x3c' * size))
        for entry, data in entries:
            archive.writestr(zipfile.ZipInfo('%s/%s' % (name, entry)), data)
    return file.getvalue()


TABLE = [('tok_embeddings.weight', 'BFloat16Storage', [3, 2]), ('norm.weight', 'HalfStorage', [2]),
         ('layers.0.attention.wq.weight', 'FloatStorage', [2, 2]), ('rope.freqs', 'FloatStorage', [1])]
CONFIG = {'model_type': 'mistral', 'num_hidden_layers': 2, 'hidden_size': 64, 'intermediate_size': 96,
          'num_attention_heads': 8, 'num_key_value_heads': 2, 'head_dim': 16, 'max_position_embeddings': 4096,
          'vocab_size': 320, 'rms_norm_eps': 1e-5, 'rope_theta': 1e6, 'sliding_window': 1024, 'hidden_act': 'silu',
          'rope_scaling': {'type': 'yarn', 'factor': 4.0, 'mscale': 1.0, 'mscale_all_dim': 0.5, 'truncate': False,
                           'original_max_position_embeddings': 1024}}
PARAMS = {'dim': 64, 'n_layers': 2, 'n_heads': 4, 'n_kv_heads': 2, 'vocab_size': -1, 'multiple_of': 256,
          'norm_eps': 1e-5, 'rope_theta': 5e5, 'use_scaled_rope': True, 'rope_scaling_factor': 32.0}

SEEDS = {
    'gguf/model-yarn': gguf(MODEL + YARN, tensors(3) + [('blk.0.attn_q.bias', (2,), 0, 8)]),
    'gguf/layers': gguf([k for k in MODEL if 'head_count' not in k[0]] +
                        [('llama.attention.head_count', '[u32]', [1])], tensors(3)),
    'gguf/part': gguf(MODEL + [('split.no', 'u16', 0), ('split.count', 'u16', 2), ('split.tensors.count', 'i32', 11)],
                      tensors(3)),
    'safetensors/llama': llama(),
    'safetensors/f8': llama(True),
    'safetensors/config': json.dumps(CONFIG).encode(),
    'safetensors/params': json.dumps(PARAMS).encode(),
    'pth/shard': pth(TABLE),
    'pth/pickle': pickled(TABLE[:2], True),
    'pth/protocol4': b'\x80\x04\x95\x1f\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94' + tensor('0', 'HalfStorage', [2])
                     .replace(b'ctorch._utils\n_rebuild_tensor_v2\n', b'\x8c\x0ctorch._utils\x8c\x12_rebuild_tensor_v2\x93') + b'u.',
}


def main():
    for name, data in SEEDS.items():
        path = os.path.join(here, 'corpus', name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data)


if __name__ == '__main__':
    main()
