"""Settings of Music Explore. All are optional: what is shown here commented out is the default.

Copy this file to ``instance/config.py`` and uncomment what you want to change, or set environment
variables with the prefix ``MUSIC_EXPLORE_`` (``MUSIC_EXPLORE_AUDIO_DIR=/music``), which win over the file.
For secrets, such a variable with ``_FILE`` at its end names a file that holds the value
(``MUSIC_EXPLORE_JAMENDO_CLIENT_ID_FILE=/run/secrets/jamendo``). Paths may start with ``~``; relative ones
start at the project's folder. A wrong value is reported by its name at start.
"""

# --- Folders ---

# Everything that is written goes below this folder, unless one of the next says otherwise.
# ROOT_DIR = 'instance'

# The music. It is only ever read. Default: ROOT_DIR/audio
# AUDIO_DIR = '~/Music'

# Vectors as extraction wrote them: the result of most of the work, worth a backup. Default: ROOT_DIR/data
# DATA_DIR = '/big/disk/data'

# Snapshots and their maps; can be computed anew from DATA_DIR. Default: ROOT_DIR/aggrdata
# AGGRDATA_DIR = '/fast/disk/aggrdata'

# Neighbour indexes; can be computed anew, too. Default: ROOT_DIR/indexes
# INDEX_DIR = '/fast/disk/indexes'

# The networks' files (.pb and .onnx).
# MODELS_DIR = 'essentia-tf-models'

# --- Database ---

# Any address that SQLAlchemy understands. Default: an SQLite file, ROOT_DIR/db.sqlite
# SQLALCHEMY_DATABASE_URI = 'postgresql+psycopg://user:password@host/music'

# --- Extraction ---

# What runs the networks: 'onnx' (ONNX Runtime), 'essentia' (TensorFlow, see requirements-essentia.txt), or
# 'auto' for the first of them that is installed.
# ENGINE = 'auto'

# Where ONNX Runtime computes: 'cpu', or 'cuda' for an NVIDIA card (requirements-gpu.txt in place of package
# onnxruntime). Without a card that can be used nothing is extracted: the processor never takes over in
# silence. Each process of JOBS keeps its own copy of the networks on the card, so let a few share it.
# ONNX_PROVIDER = 'cpu'

# Worker processes; 0 = one per core. Each needs some 400 MB.
# JOBS = 0

# Longest audio that is decoded from one file, in hours: a small file may contain days of silence. Longer
# files are not analysed; 'flask status --failed' lists them.
# MAX_TRACK_HOURS = 24

# --- Maps ---

# Components kept by the projections PCA and STD-PCA.
# PCA_DIMS = 10

# t-SNE and UMAP of segments are fitted on at most so many, the same share of every track; the others are
# placed among them.
# MAX_FIT_SEGMENTS = 50000

# Seed of every random choice: the same music with the same seed gives the same map.
# SEED = 0

# --- Neighbours ---

# 'exact', 'faiss-hnsw', 'annoy' (see requirements-annoy.txt), or 'auto': exact up to EXACT_LIMIT rows,
# faiss-hnsw beyond.
# INDEX_BACKEND = 'auto'
# EXACT_LIMIT = 300000

# Distance between vectors, for every index and map: 'angular' (cosine) or 'euclidean'.
# ANNOY_DISTANCE = 'angular'

# Trees of an annoy index: more of them find more, and need more room.
# ANNOY_TREES = 16

# Snapshots that are kept on disk, the current one among them.
# KEEP_SNAPSHOTS = 2

# --- Playing ---

# Where audio is played from: 'local' (the files of AUDIO_DIR) or 'jamendo' (streamed; for the MTG-Jamendo
# dataset, see 'flask load-jamendo-data').
# AUDIO_PROVIDER = 'local'

# Needed for 'jamendo', and for 'flask query-jamendo-metadata': get one at https://devportal.jamendo.com
# As an environment variable, it also works without the prefix: JAMENDO_CLIENT_ID.
# JAMENDO_CLIENT_ID = ''

# Where Jamendo is asked for names and credits.
# JAMENDO_API_URL = 'https://api.jamendo.com/v3.0'

# --- Playlists (what the page saves of a selection, unless one says otherwise there) ---

# Paths of files instead of web addresses.
# PLAYLIST_FOR_OFFLINE = False

# Paths in the Windows manner.
# PLAYLIST_USE_WINDOWS_PATH = False

# The folder of the music as the player sees it. Default: AUDIO_DIR
# PLAYLIST_AUDIO_DIR = 'D:\\Music'

# --- Uploads (audio to be analysed, or whose neighbours are looked for) ---

# Largest file, in MB, and longest sound, in seconds. A minute of music keeps a core busy for about 0.4 s per
# network, and one upload is heard at a time.
# UPLOAD_MAX_MB = 50
# UPLOAD_MAX_SECONDS = 900

# --- OpenSubsonic (/rest/, see docs/api.md) ---

# The network whose embeddings tell players what sounds alike. Default: the first that has any
# SUBSONIC_NETWORK = 'mtt-musicnn'

# --- Safety ---

# What comes from this machine needs no token. A proxy on this machine that does not send on who asks
# (X-Forwarded-For, Host) makes everybody look like it: then this must be False.
# TRUST_THIS_MACHINE = True

# Requests from other machines are refused unless they show a token ('flask token create NAME') or this is
# True; then everyone who can reach this machine may read everything, hear it, and take the listening test.
# ALLOW_ANONYMOUS_READ = False

# Other machines may ask so often, each or by each token, and so often for something to be analysed; '' is as
# often as they like. This machine is not limited.
# RATE_LIMIT = '600/minute'
# RATE_LIMIT_ANALYSE = '30/minute'

# Addresses or networks of trusted proxies. Only their headers are used for the client's address
# (X-Forwarded-For), protocol and host name (X-Forwarded-Proto, X-Forwarded-Host) and path prefix
# (X-Forwarded-Prefix). Do not list networks that contain visitors.
# TRUSTED_PROXIES = ('127.0.0.0/8', '::1/128')

# Open connections allowed per address and server process; trusted proxies are exempt. 0: no limit.
# CONNECTIONS_PER_ADDRESS = 64

# Time limit in seconds for the headers of a request to arrive; a body gets additional time, at 16 KB per
# second.
# CLIENT_TIMEOUT_SECONDS = 20

# Where requests are counted. In memory each worker process counts for itself; several share a Redis server
# (pip install redis): 'redis://localhost:6379'.
# RATELIMIT_STORAGE_URI = 'memory://'

# Pages of these sites may use the API from a browser; what they may do there is what the browser's machine
# may do, or the token that they send. As an environment variable: addresses with commas between.
# CORS_ORIGINS = ['https://music.example.org']

# --- Jobs (see docs/jobs.md) ---

# What runs them: 'embedded' (processes that the app starts) or 'celery' (workers on any number of machines,
# with 'flask worker' or 'celery -A worker worker').
# RUNNER = 'embedded'

# Worker processes that the app starts. Each keeps the networks that it uses in memory, some 200 MB. With 0,
# start 'flask worker' yourself.
# WORKERS = 2

# Where Celery's workers hear of jobs: redis:// or amqp://
# CELERY_BROKER_URL = 'redis://localhost:6379/0'

# Silence, in seconds, after which a worker is given up, and workers that may die over a job before it fails.
# JOB_LEASE_SECONDS = 30
# JOB_TRIES = 3

# Jobs that may wait; more are refused.
# MAX_QUEUED_JOBS = 1000

# How long uploads and their results are kept.
# KEEP_ANALYSES_HOURS = 168

# --- Webhooks (see docs/webhooks.md) ---

# Signs what is sent, and receivers check it by the same secret: 16 characters at least, better those that
# 'openssl rand -hex 32' gives. Without it no webhooks are sent, and jobs that ask for one are refused.
# WEBHOOK_SECRET = ''

# Webhooks go to public addresses only, unless the host, or the network of its address, is named here. As an
# environment variable: with commas between.
# WEBHOOK_ALLOWED_HOSTS = ['hooks.lan', '192.168.1.0/24']

# A try takes at most so many seconds, whatever the target does; after so many tries a webhook is given up.
# WEBHOOK_TIMEOUT_SECONDS = 10
# WEBHOOK_TRIES = 8

# --- Log ---

# One line per request on standard error: 'text', or 'json' for programs.
# LOG_FORMAT = 'text'
